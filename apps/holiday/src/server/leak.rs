//! A leak to order: memory that only rises, for soak tests that must find it.

use std::{convert::Infallible, future::pending, time::Duration};

/// How often a bit of it leaks.
const TICK: Duration = Duration::from_millis(100);

/// Takes so many bytes a second and gives none of them back until it is dropped.
pub(super) async fn leak(bytes_per_second: u64) -> Infallible {
    if bytes_per_second == 0 {
        return pending().await;
    }
    let mut hoard = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        // Written to, because memory that nobody touched is not resident.
        hoard.push(vec![1_u8; (bytes_per_second / 10) as usize]);
    }
}
