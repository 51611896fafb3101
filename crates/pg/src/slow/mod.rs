//! Slow statements: by what they take of the time, by how long each takes, and those that run once for each row of
//! another.
//!
//! What was counted comes from a server's statistics  or from a log ([`LogTally`]); either is a
//! [`Listing`], and only it is ranked and shown.

mod listing;
mod pair;
mod rank;
mod sequence;
mod statement;
mod tally;
#[cfg(test)]
mod tests;

pub use listing::{Listing, Others};
pub use pair::{Evidence, RowByRow};
pub use rank::{STORY_MEAN_MS, STORY_MOST, by_mean, by_time};
pub use statement::{Percentiles, Statement};
pub use tally::LogTally;
