//! The life of a scenario on one worker: wait, run, stop gracefully, interrupt, give up.
//!
//! The same for all executors; what they do differently is behind [`Drive`]. Each step has an end that does not
//! depend on the virtual users' good will, except that a user who never yields keeps the whole thread; the hub
//! returns without such a worker.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep, sleep_until};

use super::control::{Level, reached};
use super::drop_cause::DropCause;
use super::scenario_state::{ScenarioState, phase};
use super::worker_core::Core;
use crate::vu::Worker;

/// What one kind of executor does on one worker.
pub(super) trait Drive {
    /// Starts iterations until `end`, or until there are none left. Dropped when the run is stopped before.
    async fn run(self: &Rc<Self>, start: Instant, end: Instant);
    /// Starts no more iterations.
    fn close(&self);
    /// Returns when nothing runs any more, after `close`.
    async fn quiet(&self);
    /// Interrupts what runs.
    fn interrupt(&self);
    /// Drops what still runs.
    fn abandon(&self);
    /// Counts what was to start until the scenario was closed and never did.
    fn settle(&self, closing: &Closing);
}

/// How a scenario came to start nothing more on one worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    /// When it started, and when it was closed; `None` when the run was stopped before the start.
    pub(super) open: Option<(Instant, Instant)>,
    /// Whether its time was over.
    pub(super) time_over: bool,
    /// Why the run was stopped, if it was.
    pub(super) stopped: Option<DropCause>,
}

/// Lives a scenario's life.
pub(super) async fn drive<W: Worker + 'static>(
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    driven: Rc<impl Drive>,
) {
    let mut level = core.shared.level.subscribe();
    let start = scenario.started_at().expect("the hub sets every start before it says go");
    let enter = |phase| core.counters(&scenario).phase.store(phase, Ordering::Relaxed);
    let starts = tokio::select! {
        biased;
        _ = reached(&mut level, Level::Graceful) => false,
        () = sleep_until(start) => true,
    };
    let stopped_by = |stopped: bool| stopped.then(|| core.shared.stopped_by());
    let closing = if starts {
        enter(phase::RUNNING);
        let end = start + scenario.definition().executor.duration();
        let stopped = tokio::select! {
            biased;
            _ = reached(&mut level, Level::Graceful) => true,
            () = driven.run(start, end) => false,
        };
        let closed = Instant::now();
        enter(phase::STOPPING);
        driven.close();
        tokio::select! {
            biased;
            _ = reached(&mut level, Level::Now) => {}
            () = driven.quiet() => {}
            () = sleep(scenario.definition().graceful_stop) => {}
        }
        driven.interrupt();
        tokio::select! {
            biased;
            () = driven.quiet() => {}
            () = sleep(core.shared.settings.patience) => {
                driven.abandon();
                driven.quiet().await;
            }
        }
        Closing { open: Some((start, closed)), time_over: closed >= end, stopped: stopped_by(stopped) }
    } else {
        Closing { open: None, time_over: false, stopped: stopped_by(true) }
    };
    driven.settle(&closing);
    enter(phase::DONE);
    scenario.worker_done();
}
