//! A copy of the database, for whoever wants the original untouched.

use std::time::Duration;

use loadline_pg::ghost::{literal, quoted};
use loadline_pg::live::{Address, Session, explain};

use super::ends::{VerifyError, refused};
use super::leftovers::{Mark, enter, take_lock};

/// The database that is asked while another is copied: nobody may be in that one.
const ELSEWHERE: &str = "postgres";
/// Where the original is this one itself.
const ELSE: &str = "template1";
/// A copy takes as long as its files do.
const LONGEST: Duration = Duration::from_hours(1);

/// A copy, and the session that holds it as this run's.
pub(super) struct Copy {
    pub(super) address: Address,
    pub(super) swept: Vec<String>,
    _session: Session,
}

/// Makes it; what a killed run left of its own goes first.
pub(super) async fn copy(address: &Address, mark: &Mark, lock_wait: Duration) -> Result<Copy, VerifyError> {
    let session = enter(&elsewhere(address), mark, LONGEST, lock_wait).await?;
    take_lock(&session, address).await?;
    let left = session
        .query(
            "SELECT /* loadline */ datname FROM pg_database WHERE datname ~ '^loadline_verify_[0-9a-f]{8}$'",
            &[],
        )
        .await
        .map_err(refused("cannot look for copies that were left"))?;
    let mut swept = Vec::new();
    for row in left {
        let name: String = row.get(0);
        forced(&session, &name).await?;
        swept.push(name);
    }
    let name = mark.to_string();
    let statement = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(address.database()));
    if let Err(error) = session.batch_execute(&statement).await {
        // What a full disk left of it is taken away by the server itself.
        return Err(VerifyError::Copy { database: address.database().to_owned(), why: explain(&error) });
    }
    Ok(Copy { address: address.clone().with_database(&name), swept, _session: session })
}

/// Drops the copy of this run, if there is one.
pub(super) async fn drop_copy(address: &Address, mark: &Mark) -> Result<(), VerifyError> {
    let wait = Duration::from_mins(1);
    let session = enter(&elsewhere(address), mark, wait, wait).await?;
    let name = mark.to_string();
    let there = session
        .query(&format!("SELECT /* loadline */ 1 FROM pg_database WHERE datname = {}", literal(&name)), &[])
        .await
        .map_err(refused("cannot look for the copy"))?;
    if there.is_empty() { Ok(()) } else { forced(&session, &name).await }
}

async fn forced(session: &Session, name: &str) -> Result<(), VerifyError> {
    let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    session.batch_execute(&statement).await.map_err(refused("cannot drop the copy of the database"))
}

fn elsewhere(address: &Address) -> Address {
    let other = if address.database() == ELSEWHERE { ELSE } else { ELSEWHERE };
    address.clone().with_database(other)
}
