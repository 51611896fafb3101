//! The test database: that it is one, that nobody else verifies there, and what others left in it.

use std::time::Duration;

use loadline_pg::ghost::literal;
use loadline_pg::live::{Address, Session};

use super::ends::{VerifyError, refused};
use super::leftovers::{Mark, drop_indexes, enter, system, take_lock};
use super::task::Task;

/// A session in the test database that holds its lock.
pub(super) struct Place {
    pub(super) session: Session,
    /// What a killed run had left.
    pub(super) swept: Vec<String>,
    /// Indexes of others that no query uses, because their building was broken off.
    pub(super) invalid: Vec<String>,
}

impl Place {
    /// Enters `address`, which is the task's or a copy of it.
    pub(super) async fn enter(task: &Task, address: &Address, mark: &Mark) -> Result<Self, VerifyError> {
        let session = enter(address, mark, task.longest, task.lock_wait).await?;
        take_lock(&session, address).await?;
        let swept = drop_indexes(&session, None).await?;
        let invalid = session
            .query(
                "SELECT /* loadline */ i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1",
                &[],
            )
            .await
            .map_err(refused("cannot look for invalid indexes"))?;
        for (name, value) in &task.settings {
            let statement =
                format!("SELECT /* loadline */ set_config({}, {}, false)", literal(name), literal(value));
            session
                .batch_execute(&statement)
                .await
                .map_err(refused("cannot set what the application sets"))?;
        }
        Ok(Self { session, swept, invalid: invalid.iter().map(|row| row.get(0)).collect() })
    }
}

/// Refuses production, as far as it is known, and servers where nothing can be built.
pub(super) async fn check(task: &Task, mark: &Mark) -> Result<(), VerifyError> {
    let wait = Duration::from_secs(30);
    let session = enter(&task.address, mark, wait, task.lock_wait).await?;
    let address = || task.address.to_string();
    if !task.may_be_production && !task.production.is_empty() {
        let Some(system) = system(&session).await else {
            return Err(VerifyError::Unknown { address: address() });
        };
        if task.production.contains(&system) {
            return Err(VerifyError::Production { address: address(), system });
        }
    }
    let row = session
        .query_one(
            "SELECT /* loadline */ pg_is_in_recovery() OR current_setting('transaction_read_only')::bool",
            &[],
        )
        .await
        .map_err(refused("cannot ask whether it takes writes"))?;
    if row.get(0) { Err(VerifyError::ReadOnly { address: address() }) } else { Ok(()) }
}
