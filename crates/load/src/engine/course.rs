//! What people have made of a run so far, as one value that every worker reads: pauses, and of each scenario what was
//! set.

use std::sync::Arc;

use super::hold::Hold;
use crate::steered_schedule::SteeredSchedule;

/// What people have made of a run so far. Another one takes its place with each change.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub(super) hold: Hold,
    /// In the order of the plan; empty until something is set.
    pub(super) lanes: Vec<Lane>,
}

/// What people have set of a scenario.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    /// How many virtual users are wanted, in the whole test; the plan says so unless somebody else does.
    pub(super) users: Option<u64>,
    /// How many there may be at most, where that is more than was planned.
    pub(super) most_users: Option<u64>,
    /// The arrivals, where the rate was set.
    pub(super) schedule: Option<Arc<SteeredSchedule>>,
}

impl Course {
    /// What was set of a scenario.
    pub(super) fn lane(&self, index: usize) -> Lane {
        self.lanes.get(index).cloned().unwrap_or_default()
    }
}
