//! Durations as a simulated cluster has them.

use std::time::Duration;

/// Whole seconds, which is how finely a cluster is simulated; a part of one counts as one.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
