//! Times and lengths in a watch's words.

use std::time::Duration;

use jiff::Timestamp;
use loadline_units::duration_text;

/// A time in seconds since 1970 UTC, as RFC 3339 has it.
pub(super) fn at_text(at_s: i64) -> String {
    Timestamp::from_second(at_s).map_or_else(|_| at_s.to_string(), |at| at.to_string())
}

/// A length of so many seconds: `2h50m`.
pub(super) fn length_text(seconds: u64) -> String {
    duration_text(Duration::from_secs(seconds))
}
