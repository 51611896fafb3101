//! `shared-iterations`: a number of iterations that several virtual users work off together. Fast users do more.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::plan::Problems;

/// The options of `shared-iterations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedIterations {
    /// The number of virtual users, at least 1.
    pub vus: u64,
    /// The number of iterations of all users together, at least `vus`.
    pub iterations: u64,
    /// After this long nothing more is started; what is left counts as dropped.
    pub max_duration: Duration,
}

impl SharedIterations {
    pub(super) fn description(&self) -> String {
        let Self { vus, iterations, max_duration } = self;
        format!("{iterations} iterations shared by {vus} VUs within {}", duration_text(*max_duration))
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.vus("vus", self.vus);
        problems.at_least_one("iterations", self.iterations);
        if self.iterations > 0 && self.iterations < self.vus {
            problems.note(
                "iterations",
                format!(
                    "`{}` iterations are fewer than `{}` VUs, so some VUs would have nothing to do; lower `vus` or raise `iterations`",
                    self.iterations, self.vus
                ),
            );
        }
        problems.duration("maxDuration", self.max_duration);
    }
}
