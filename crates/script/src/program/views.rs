//! What `k6/execution` shows of the engine.

use std::sync::Arc;

use loadline_load::{EngineState, ScenarioState};

use crate::modules::{Counters, ScenarioView};

/// `exec.instance`.
pub(super) struct Instance(pub(super) Arc<EngineState>);

impl Counters for Instance {
    fn iterations_completed(&self) -> u64 {
        self.0.iterations_completed()
    }

    fn iterations_interrupted(&self) -> u64 {
        self.0.iterations_interrupted()
    }

    fn vus_active(&self) -> u64 {
        self.0.vus_active()
    }

    fn vus_initialized(&self) -> u64 {
        self.0.vus_initialised()
    }

    fn test_run_duration_ms(&self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1000.0
    }
}

/// `exec.scenario`.
pub(super) struct Scenario {
    pub(super) state: Arc<ScenarioState>,
    /// When the first iteration on this worker saw it, less what had passed by then: the engine's clock has no date.
    pub(super) started_unix_ms: f64,
}

impl ScenarioView for Scenario {
    fn name(&self) -> &str {
        &self.state.definition().name
    }

    fn executor(&self) -> &str {
        self.state.definition().executor.name()
    }

    fn start_unix_ms(&self) -> f64 {
        self.started_unix_ms
    }

    fn progress(&self) -> f64 {
        self.state.progress()
    }
}
