//! The life of a scenario on one worker: wait, run, stop gracefully, interrupt, give up.
//!
//! The same for all executors; what they do differently is behind [`Drive`]. Each step has an end that does not
//! depend on the virtual users' good will, except that a user who never yields keeps the whole thread; the hub
//! returns without such a worker.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::control::{Level, reached};
use super::course::{Course, Lane};
use super::drop_cause::DropCause;
use super::hold::Clock;
use super::scenario_state::{ScenarioState, phase};
use super::worker_core::Core;
use crate::vu::Worker;

/// What one kind of executor does on one worker.
pub(super) trait Drive {
    /// Takes note of what people have made of the scenario, and of its time from now on: before it runs, and with each
    /// change.
    fn steer(self: &Rc<Self>, clock: Clock, lane: &Lane);
    /// Starts iterations until the scenario's time is over, or until there are none left. Dropped when the run is
    /// stopped before, and called again after each change.
    async fn run(self: &Rc<Self>, clock: Clock);
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
    /// How long it had been open, in its own time; `None` when the run was stopped before the start.
    pub(super) open: Option<Duration>,
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
    let mut course = core.shared.steering.subscribe();
    let start = scenario.started_at().expect("the hub sets every start before it says go");
    let enter = |phase| core.counters(&scenario).phase.store(phase, Ordering::Relaxed);
    let starts = tokio::select! {
        biased;
        _ = reached(&mut level, Level::Graceful) => false,
        () = begins(&mut course, start) => true,
    };
    let stopped_by = |stopped: bool| stopped.then(|| core.shared.stopped_by());
    let closing = if starts {
        enter(phase::RUNNING);
        let stopped = loop {
            let (clock, lane) = at_present(&mut course, start, &scenario);
            driven.steer(clock, &lane);
            tokio::select! {
                biased;
                _ = reached(&mut level, Level::Graceful) => break true,
                () = changed(&mut course) => {}
                () = driven.run(clock) => break false,
            }
        };
        let open = at_present(&mut course, start, &scenario).0.elapsed(Instant::now());
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
        let time_over = open >= scenario.definition().executor.duration();
        Closing { open: Some(open), time_over, stopped: stopped_by(stopped) }
    } else {
        Closing { open: None, time_over: false, stopped: stopped_by(true) }
    };
    driven.settle(&closing);
    enter(phase::DONE);
    scenario.worker_done();
}

/// The scenario's time and what was set of it, as it stands.
fn at_present(
    course: &mut watch::Receiver<Arc<Course>>,
    start: Instant,
    scenario: &ScenarioState,
) -> (Clock, Lane) {
    let now = course.borrow_and_update();
    (Clock::new(start, now.hold), now.lane(scenario.index()))
}

/// Returns when a scenario's time begins.
async fn begins(course: &mut watch::Receiver<Arc<Course>>, start: Instant) {
    loop {
        let clock = Clock::new(start, course.borrow_and_update().hold);
        tokio::select! {
            biased;
            () = changed(course) => {}
            () = clock.until(Duration::ZERO) => return,
        }
    }
}

/// Returns with the next change.
async fn changed(course: &mut watch::Receiver<Arc<Course>>) {
    if course.changed().await.is_err() {
        // Nobody is left who could change anything.
        std::future::pending::<()>().await;
    }
}
