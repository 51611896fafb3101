//! Which of two portraits is the earlier one.

use crate::portrait::Portrait;

/// The earlier one and the later one.
pub(super) fn in_time<'a>(one: &'a Portrait, other: &'a Portrait) -> (&'a Portrait, &'a Portrait) {
    if other.made_ms < one.made_ms { (other, one) } else { (one, other) }
}
