//! How far each scenario is: what live views show beside the measurements.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where a scenario stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScenarioState {
    /// Its start time has not come.
    Waiting,
    /// It starts iterations.
    Running,
    /// It starts nothing more and waits for the iterations that run.
    Stopping,
    /// Nothing of it runs any more.
    Done,
}

/// A scenario's progress at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioProgress {
    /// The scenario's name.
    pub name: String,
    /// Its executor in words: `ramping-vus: up to 500 VUs for 24m`.
    pub executor: String,
    /// Virtual users that run an iteration now.
    pub vus: u64,
    /// Virtual users that exist for the scenario.
    pub vus_max: u64,
    /// Iterations started.
    pub started: u64,
    /// Iterations that came to their end.
    pub completed: u64,
    /// Iterations interrupted.
    pub interrupted: u64,
    /// Iterations that could not start in time for want of a virtual user.
    pub dropped: u64,
    /// How many iterations there will be, when that is known.
    pub total: Option<u64>,
    /// Time since the scenario's start.
    pub elapsed: Duration,
    /// How long it will run at most, when that is known.
    pub duration: Option<Duration>,
    /// Where it stands.
    pub state: ScenarioState,
}
