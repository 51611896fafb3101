//! The end-of-test summary as text.

mod blocks;
mod checks;
mod grid;
mod options;
mod render;
#[cfg(test)]
mod tests;
mod thresholds;

pub use options::{SummaryMode, SummaryModeError, SummaryOptions};
pub use render::summary;
