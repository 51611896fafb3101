//! The end of a build that was broken off.

use std::time::Duration;

use loadline_pg::ghost::literal;
use loadline_pg::live::Address;
use tokio::time::sleep;

use super::build::{Rest, drop_rest};
use super::look::{Look, Site};
use super::{ApplyError, refused};

/// How often, and after what time each, it is looked whether the session has ended.
const LOOKS: (u32, Duration) = (1000, Duration::from_millis(10));

/// Ends the session that builds under this name and drops what it leaves of indexes that are not whole; names that.
///
/// # Errors
/// See [`ApplyError`].
pub async fn clear(
    address: &Address,
    mark: &str,
    looks: &[Look],
    lock_wait: Duration,
) -> Result<Vec<String>, ApplyError> {
    let site = Site::enter(address, &format!("{mark}_end"), lock_wait).await?;
    let query = format!(
        "SELECT /* loadline */ count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = {}",
        literal(mark)
    );
    let (times, pause) = LOOKS;
    for _ in 0..times {
        let row = site
            .session
            .query_one(&query, &[])
            .await
            .map_err(refused("cannot end the session that builds"))?;
        if row.get::<_, i64>(0) == 0 {
            break;
        }
        sleep(pause).await;
    }
    let mut dropped = Vec::new();
    for look in looks {
        dropped.extend(drop_rest(&site, look, Rest::All).await?);
    }
    Ok(dropped)
}
