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
    /// Counts what was scheduled before `now` and never started.
    fn settle(&self, start: Instant, now: Instant);
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
    if starts {
        enter(phase::RUNNING);
        let end = start + scenario.definition().executor.duration();
        tokio::select! {
            biased;
            _ = reached(&mut level, Level::Graceful) => {}
            () = driven.run(start, end) => {}
        }
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
        driven.settle(start, closed);
    }
    enter(phase::DONE);
    scenario.worker_done();
}
