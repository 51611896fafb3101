//! Scenarios in Rust as what the runner puts under load.

use std::sync::Arc;

use loadline_runner::{Failure, Interrupts, Subject, Terms, Voice};

use crate::program::ScenarioProgram;

/// What helps a user that does not yield.
pub(crate) const STUCK: &str = "give way with `tokio::task::yield_now().await`";

/// A load test that can be run.
pub(crate) struct Scenarios {
    pub(crate) terms: Terms,
    pub(crate) program: Arc<ScenarioProgram>,
}

impl Subject for Scenarios {
    type Program = ScenarioProgram;

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    async fn begin(&mut self, _: &Interrupts, _: &dyn Voice) -> Result<Arc<ScenarioProgram>, Failure> {
        Ok(Arc::clone(&self.program))
    }
}
