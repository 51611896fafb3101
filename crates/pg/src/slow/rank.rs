//! Two orders: what takes most of the time, and what takes longest each time.

use super::listing::Listing;
use super::statement::Statement;

/// The story's slow statement: its mean is longer than this, in milliseconds.
pub const STORY_MEAN_MS: f64 = 100.0;
/// … and so many of them are shown.
pub const STORY_MOST: usize = 20;

/// The statements by their share of the time, the largest first; where no time is known, by executions.
pub fn by_time(listing: &Listing, most: usize) -> Vec<&Statement> {
    ranked(listing.statements.iter().collect(), most, |statement| (statement.time_ms, statement.calls))
}

/// The statements whose mean is above `mean_ms`, the slowest first.
pub fn by_mean(listing: &Listing, mean_ms: f64, most: usize) -> Vec<&Statement> {
    let slow = |statement: &&Statement| statement.mean_ms().is_some_and(|mean| mean > mean_ms);
    ranked(listing.statements.iter().filter(slow).collect(), most, |statement| {
        (statement.mean_ms().unwrap_or_default(), statement.calls)
    })
}

/// The largest first; equal ones in the order of their ids, so that two runs say the same.
fn ranked(
    mut statements: Vec<&Statement>,
    most: usize,
    by: impl Fn(&Statement) -> (f64, u64),
) -> Vec<&Statement> {
    statements.sort_by(|left, right| {
        let (left_by, right_by) = (by(left), by(right));
        right_by.0.total_cmp(&left_by.0).then(right_by.1.cmp(&left_by.1)).then_with(|| left.id.cmp(&right.id))
    });
    statements.truncate(most);
    statements
}
