//! Slow statements: by what they take of the time, by how long each takes, and those that run once for each row of
//! another.
//!
//! What was counted comes from a server's statistics ([`of_snapshot`], [`of_window`]) or from a log ([`LogTally`]);
//! either is a [`Listing`], and only it is ranked and shown.

mod listing;
mod looks;
mod pair;
mod rank;
mod sequence;
mod statement;
mod statistics;
mod tally;
#[cfg(test)]
mod tests;
mod windows;

pub use listing::{Listing, Others};
pub use looks::Looks;
pub use pair::{Evidence, RowByRow};
pub use rank::{STORY_MEAN_MS, STORY_MOST, by_mean, by_time};
pub use statement::{Percentiles, Statement};
pub use statistics::{StatementNames, of_snapshot, of_window, own, own_of_window, totals};
pub use tally::LogTally;
