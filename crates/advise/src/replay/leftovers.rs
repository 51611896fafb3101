//! Whose the indexes are: a mark in their names, by which whatever a killed run left behind is found by the next.

use std::fmt;
use std::time::Duration;

use loadline_pg::cost::marked;
use loadline_pg::ghost::{literal, quoted};
use loadline_pg::live::{Address, Session};
use tokio::time::sleep;

use super::ends::{VerifyError, refused};

/// What names begin with.
const PREFIX: &str = "loadline_verify_";
/// The key of the lock that whoever verifies holds: `loadline` in ASCII.
const LOCK: i64 = 0x6c6f_6164_6c69_6e65;
/// How often the lock is asked for, and after what time, which doubles each time up to the longest: a session that was
/// ended lets go of it at once, and a server notices within a second that a client was killed.
const ASKED: u32 = 20;
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// The mark of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// A new one.
    pub fn draw() -> Self {
        Self(format!("{PREFIX}{:08x}", rand::random::<u32>()))
    }

    /// Another, for whoever takes down what this one has left.
    pub(super) fn end(&self) -> Self {
        Self(format!("{self}_end"))
    }

    /// The name of an index.
    pub(super) fn index(&self, place: usize) -> String {
        format!("{}_{place}", self.0)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Opens a session that works for this run.
pub(super) async fn enter(
    address: &Address,
    mark: &Mark,
    longest: Duration,
    lock_wait: Duration,
) -> Result<Session, VerifyError> {
    let first = format!(
        "SET application_name = '{mark}'; SET statement_timeout = {}; SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = 0; SET client_min_messages = error",
        longest.as_millis(),
        lock_wait.as_millis()
    );
    let session = Session::open_with(address, &marked(&first)).await?;
    // From 14 on: a server that builds for somebody who was killed stops.
    let _ = session.batch_execute(&marked("SET client_connection_check_interval = 1000")).await;
    Ok(session)
}

/// Takes the lock that only one run has in a database.
pub(super) async fn take_lock(session: &Session, address: &Address) -> Result<(), VerifyError> {
    let (mut pause, longest) = PAUSES;
    for _ in 0..ASKED {
        let row = session
            .query_one(&format!("SELECT /* loadline */ pg_try_advisory_lock({LOCK})"), &[])
            .await
            .map_err(refused("cannot take the lock of `db verify`"))?;
        if row.get::<_, bool>(0) {
            return Ok(());
        }
        sleep(pause).await;
        pause = longest.min(2 * pause);
    }
    Err(VerifyError::Busy { address: address.to_string() })
}

/// Drops the indexes of this mark, or of all runs, and names them. What is attached to another one goes with that.
pub(super) async fn drop_indexes(session: &Session, of: Option<&Mark>) -> Result<Vec<String>, VerifyError> {
    let pattern =
        of.map_or_else(|| format!("^{PREFIX}[0-9a-f]{{8}}(_[0-9]+)+$"), |mark| format!("^{mark}(_[0-9]+)+$"));
    let rows = session
        .query(
            &format!(
                "SELECT /* loadline */ n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition AND c.relname ~ {} ORDER BY 1, 2",
                literal(&pattern)
            ),
            &[],
        )
        .await
        .map_err(refused("cannot look for indexes that were left"))?;
    let mut dropped = Vec::new();
    for row in rows {
        let (schema, name): (String, String) = (row.get(0), row.get(1));
        session
            .batch_execute(&format!("DROP INDEX IF EXISTS {}.{}", quoted(&schema), quoted(&name)))
            .await
            .map_err(refused(
            "cannot drop the indexes that were built, named `loadline_verify_…`; the next `db verify` does",
        ))?;
        dropped.push(name);
    }
    Ok(dropped)
}

/// What tells this server from others, where it may be read.
///
/// # Errors
/// When there is no session.
pub async fn system_of(address: &Address) -> Result<Option<String>, VerifyError> {
    let session = Session::open(address, Duration::from_secs(5)).await?;
    Ok(system(&session).await)
}

pub(super) async fn system(session: &Session) -> Option<String> {
    let row = session
        .query_one("SELECT /* loadline */ system_identifier::text FROM pg_control_system()", &[])
        .await;
    row.ok()?.get(0)
}
