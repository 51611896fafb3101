//! What time it is, for the policy engine.

use std::time::{SystemTime, UNIX_EPOCH};

use loadline_edge::Moment;

/// Now, by the clock of this machine.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
