//! The end of a run that was broken off.

use std::time::Duration;

use loadline_pg::live::Address;

use super::copy::drop_copy;
use super::ends::{VerifyError, refused};
use super::leftovers::{Mark, drop_indexes, enter, take_lock};

/// Takes down what a run of this mark has left, when it was broken off: its sessions, its indexes, its copy.
///
/// # Errors
/// The server's words; what is left is taken down by the next run.
pub async fn clear(address: &Address, mark: &Mark) -> Result<(), VerifyError> {
    let wait = Duration::from_secs(10);
    let session = enter(address, &mark.end(), wait, wait).await?;
    session
        .batch_execute(&format!(
            "SELECT /* loadline */ pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{mark}' AND pid <> pg_backend_pid()"
        ))
        .await
        .map_err(refused("cannot end the sessions of the run that was broken off"))?;
    take_lock(&session, address).await?;
    drop_indexes(&session, Some(mark)).await?;
    drop(session);
    drop_copy(address, mark).await
}
