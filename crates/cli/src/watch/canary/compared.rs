//! What came of two versions.

use loadline_watch::canary::{Canary, Pace, Side, TooShort};

/// What came of it.
pub(super) struct Compared {
    pub(super) base: Side,
    pub(super) head: Side,
    pub(super) at_s: i64,
    pub(super) rounds: Result<(Pace, Canary), TooShort>,
    /// The versions that there are, where one was not found.
    pub(super) versions: Vec<String>,
    pub(super) warnings: Vec<String>,
}
