//! Words that lists of runs share.

use jiff::Timestamp;
use loadline_measure::{RunRecord, RunState};

/// A commit as people write it.
pub fn short_commit(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}

/// A time as lists have it, `2026-11-26 14:07`, UTC.
pub fn moment(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms)
        .map_or_else(|_| unix_ms.to_string(), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// What is special about how a run came to be here: `(crashed, generator saturated)`, or nothing.
pub(super) fn state_words(record: &RunRecord) -> String {
    let mut words = Vec::new();
    if record.state != RunState::Finished {
        words.push(record.state.word());
    }
    if record.saturated {
        words.push("generator saturated");
    }
    if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) }
}
