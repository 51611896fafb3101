//! `constant-vus`: a constant number of virtual users that iterate one after the other for a while.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::plan::Problems;

/// The options of `constant-vus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstantVus {
    /// The number of virtual users, at least 1.
    pub vus: u64,
    /// How long iterations start.
    pub duration: Duration,
}

impl ConstantVus {
    pub(super) fn description(&self) -> String {
        format!("{} VUs for {}", self.vus, duration_text(self.duration))
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.vus("vus", self.vus);
        problems.duration("duration", self.duration);
    }
}
