//! The history of runs: a list, one run, a figure over many runs; each for people and for machines.

mod list;
mod one;
mod trend;
mod words;

pub use list::{pruned_json, pruned_text, repaired_json, repaired_text, runs_json, runs_table};
pub use one::{run_json, run_text};
pub use trend::{AcceptedChange, Said, Trend, change_words, trend_json, trend_said, trend_table};
pub use words::{moment, short_commit};
