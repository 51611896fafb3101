//! `per-vu-iterations`: every virtual user does the same number of iterations, at its own speed.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::plan::Problems;

/// The options of `per-vu-iterations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerVuIterations {
    /// The number of virtual users, at least 1.
    pub vus: u64,
    /// The number of iterations of each user, at least 1.
    pub iterations: u64,
    /// After this long nothing more is started; what is left counts as dropped.
    pub max_duration: Duration,
}

impl PerVuIterations {
    pub(super) fn description(&self) -> String {
        let Self { vus, iterations, max_duration } = self;
        format!("{iterations} iterations by each of {vus} VUs within {}", duration_text(*max_duration))
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.vus("vus", self.vus);
        problems.at_least_one("iterations", self.iterations);
        problems.duration("maxDuration", self.max_duration);
    }
}
