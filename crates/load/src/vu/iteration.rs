//! One iteration as its virtual user sees it: where it belongs, and how it may end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{MetricId, Recorder};

use super::Interrupt;
use crate::engine::ScenarioState;

/// The number of a virtual user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VuId {
    /// From 1 upward on this machine.
    pub in_instance: u64,
    /// From 1 upward, unique in the whole test; differs from `in_instance` only when several machines share a test.
    pub in_test: u64,
}

/// An iteration that is to run, or runs. A clone is cheap and is the same iteration.
#[derive(Debug, Clone)]
pub struct Iteration {
    /// The scenario: its definition, its start, its tags.
    pub scenario: Arc<ScenarioState>,
    /// The virtual user.
    pub vu: VuId,
    /// How many iterations this user has run before, in all scenarios (k6's `__ITER`).
    pub in_vu: u64,
    /// How many iterations this user has run before in this scenario.
    pub in_scenario_vu: u64,
    /// The iteration's number in this scenario on this machine, from 0, without gaps.
    pub in_instance: u64,
    /// The iteration's number in this scenario in the whole test, from 0: an index for test data that nobody shares.
    pub in_test: u64,
    /// How much later than scheduled it started; `None` in closed models, which have no schedule.
    pub lag: Option<Duration>,
    /// When this is set, the iteration is to end soon, with [`IterationEnd::Interrupted`].
    pub interrupt: Interrupt,
    /// The worker's recorder; borrow it only between two awaits.
    pub recorder: Rc<RefCell<Recorder>>,
}

impl Iteration {
    /// Records a value with the scenario's tags and these.
    pub fn record(&self, metric: MetricId, value: f64, tags: &[(&str, &str)]) {
        let mut recorder = self.recorder.borrow_mut();
        let tags = recorder.whole_tags(&self.scenario.tags().into(), tags);
        recorder.record_whole(metric, value, &tags);
    }
}

/// How an iteration ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IterationEnd {
    /// It did what it was to do.
    Complete,
    /// It threw; the virtual user has logged what. It counts as an iteration.
    Failed,
    /// It ended because [`Iteration::interrupt`] was set. It counts as interrupted only.
    Interrupted,
    /// The whole run is to end, for this reason; iterations that run are interrupted.
    Abort(String),
}

impl From<()> for IterationEnd {
    fn from((): ()) -> Self {
        Self::Complete
    }
}
