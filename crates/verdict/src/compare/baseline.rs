//! What the past says of a figure.

use crate::verdict::Outcome;

/// Fewer runs than this advise only.
pub const FEWEST_RUNS: usize = 10;

/// What the past says of a new figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The typical figure of the past.
    pub typical: f64,
    /// The worst figure that one more unchanged run should come to; no number with fewer than [`FEWEST_RUNS`].
    pub bound: f64,
    /// How many runs that stands on.
    pub runs: usize,
    /// What came out.
    pub outcome: Outcome,
}

impl Prediction {
    /// How many more runs are wanted until anything can fail.
    pub fn wanted(&self) -> usize {
        FEWEST_RUNS.saturating_sub(self.runs)
    }
}
