//! The calendar: the one clock that stamps samples and runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since 1970 UTC; nothing for a clock that is set to before.
pub fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Nanoseconds since 1970 UTC, as samples are stamped.
pub fn unix_ns() -> i64 {
    unix_time().as_nanos() as i64
}
