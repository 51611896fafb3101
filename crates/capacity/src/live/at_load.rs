//! A subject at one load: its plan scaled, its program made once for all steps.
//!
//! `setup()` runs before the first step and `teardown()` after the last one, so that what a script has prepared is
//! there for the whole search.

use std::sync::Arc;

use loadline_load::Plan;
use loadline_measure::Window;
use loadline_runner::{Failure, Interrupts, Subject, Terms, Voice};

/// The same program, whatever the load.
pub(super) struct AtLoad<'s, S: Subject> {
    pub(super) subject: &'s mut S,
    pub(super) program: &'s mut Option<Arc<S::Program>>,
    pub(super) plan: Plan,
}

impl<S: Subject> Subject for AtLoad<'_, S> {
    type Program = S::Program;

    fn terms(&self) -> Terms {
        let connections = self.plan.max_vus();
        let terms = self.subject.terms();
        // Users of a step are gone before the next one. Steps are judged by the search, from their seconds.
        Terms { plan: self.plan.clone(), connections, leave_users: false, ..terms }
    }

    async fn begin(
        &mut self,
        interrupts: &Interrupts,
        voice: &dyn Voice,
    ) -> Result<Arc<S::Program>, Failure> {
        if let Some(program) = &self.program {
            return Ok(Arc::clone(program));
        }
        let program = self.subject.begin(interrupts, voice).await?;
        *self.program = Some(Arc::clone(&program));
        Ok(program)
    }

    fn take_window(&mut self) -> Window {
        self.subject.take_window()
    }

    fn own_failures(&self) -> Vec<Failure> {
        self.subject.own_failures()
    }
}
