//! What all scenarios on one worker use: its users, its recorder, and the one way to run an iteration.

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use loadline_measure::Recorder;
use tokio::sync::{Mutex, Notify};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::clock::Calendar;
use super::control::{Level, reached};
use super::drop_cause::DropCause;
use super::heap::Heap;
use super::observer::GeneratorLoad;
use super::outcome::EngineError;
use super::pool::{Holder, Pool, Taken};
use super::reports::{Event, panic_message};
use super::scenario_state::{Counters, ScenarioState, add};
use super::shared::Shared;
use crate::vu::{Interrupt, Iteration, IterationEnd, Vu, Worker};

/// One worker.
pub(super) struct Core<W: Worker> {
    pub(super) index: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) recorder: Rc<RefCell<Recorder>>,
    /// Before `worker`, so that users are dropped first.
    pub(super) pool: Pool<W::Vu>,
    worker: Mutex<W>,
    heap: Heap,
    made: Cell<usize>,
    calendar: Cell<Option<Calendar>>,
}

/// How an iteration went, for its loop.
pub(super) struct Lap {
    pub(super) ended: Instant,
    /// Whether it gave way to others.
    pub(super) yielded: bool,
    /// Whether it ended the run: its user begins nothing more, however soon others hear of it.
    pub(super) aborted: bool,
}

impl<W: Worker + 'static> Core<W> {
    pub(super) fn new(index: usize, shared: Arc<Shared>, recorder: Rc<RefCell<Recorder>>, worker: W) -> Self {
        Self {
            heap: Heap::new(shared.allotment.workers[index].ids.len()),
            index,
            shared,
            recorder,
            pool: Pool::new(),
            worker: Mutex::new(worker),
            made: Cell::new(0),
            calendar: Cell::new(None),
        }
    }

    pub(super) fn set_calendar(&self, calendar: Calendar) {
        self.calendar.set(Some(calendar));
    }

    /// Sets the time that stamps samples.
    pub(super) fn stamp(&self, now: Instant) {
        if let Some(calendar) = self.calendar.get() {
            self.recorder.borrow_mut().set_time(calendar.unix_ns(now));
        }
    }

    /// This worker's counts of a scenario.
    pub(super) fn counters<'a>(&self, scenario: &'a ScenarioState) -> &'a Counters {
        &scenario.counters[self.index]
    }

    /// Runs a task on this worker; a panic in it ends the run and names the worker.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) -> AbortHandle {
        let (worker, shared) = (self.index, Arc::clone(&self.shared));
        let task = async move {
            if let Err(payload) = AssertUnwindSafe(task).catch_unwind().await {
                let message = panic_message(&*payload);
                shared.tell(Event::Failed(EngineError::Panic { worker, message }));
            }
        };
        tokio::task::spawn_local(task).abort_handle()
    }

    /// Tells the worker that its users have run their last iteration.
    pub(super) fn end(&self) {
        if let Ok(mut worker) = self.worker.try_lock() {
            worker.end();
        }
    }

    /// Makes a virtual user. `None` when that failed; the hub then ends the run.
    pub(super) async fn make_vu(&self, in_instance: u64) -> Option<Box<Holder<W::Vu>>> {
        let id = self.shared.vu_id(in_instance);
        match self.worker.lock().await.vu(id).await {
            Ok(vu) => {
                let position = self.made.replace(self.made.get() + 1);
                self.shared.engine.initialised.fetch_add(1, Ordering::Relaxed);
                let in_scenario = vec![0; self.shared.engine.scenarios.len()];
                let holder = Box::new(Holder { vu, id, position, iterations: 0, in_scenario });
                self.heap.advise(&*holder);
                Some(holder)
            }
            Err(source) => {
                self.shared.tell(Event::Failed(EngineError::Vu { vu: in_instance, source }));
                None
            }
        }
    }

    /// Makes a virtual user in mid-run.
    pub(super) async fn make_another_vu(&self) -> Option<Box<Holder<W::Vu>>> {
        self.make_vu(self.shared.next_vu.fetch_add(1, Ordering::Relaxed)).await
    }

    /// Takes a virtual user from the pool.
    pub(super) async fn take_vu(&self) -> Option<Box<Holder<W::Vu>>> {
        match self.pool.take().await {
            Taken::Vu(holder) => Some(holder),
            Taken::Place => self.make_another_vu().await,
        }
    }

    /// Counts iterations that were scheduled and will not start.
    pub(super) fn count_dropped(&self, scenario: &ScenarioState, count: u64, cause: DropCause) {
        if count > 0 {
            self.stamp(Instant::now());
            add(&self.counters(scenario).dropped[cause as usize], count);
            let metric = self.shared.builtin.dropped_iterations;
            let mut recorder = self.recorder.borrow_mut();
            let tags = recorder.tags(scenario.tags(), &[(DropCause::TAG, cause.text())]);
            recorder.record(metric, count as f64, tags);
        }
    }

    /// Runs one iteration and records it.
    pub(super) async fn iterate(
        &self,
        scenario: &Arc<ScenarioState>,
        holder: &mut Holder<W::Vu>,
        interrupt: &Interrupt,
        scheduled: Option<Instant>,
    ) -> Lap {
        let counters = self.counters(scenario);
        let begun = Instant::now();
        let lag = scheduled.map(|at| begun.saturating_duration_since(at));
        let iteration = self.open(scenario, holder, interrupt, lag);
        self.stamp(begun);
        if let Some(lag) = lag {
            let metric = self.shared.builtin.iteration_lag;
            self.recorder.borrow_mut().record(metric, milliseconds(lag), scenario.tags());
            if lag >= GeneratorLoad::LATE {
                add(&counters.late, 1);
            }
        }
        add(&counters.started, 1);
        let unfinished = Unfinished(counters);
        let mut yielded = false;
        let (busy, vu) = (&self.shared.busy[self.index], holder.id.in_instance);
        let mut running = pin!(holder.vu.iterate(&iteration));
        let end = std::future::poll_fn(|context| {
            busy.turn_to(scenario.index(), vu);
            let poll = running.as_mut().poll(context);
            busy.leave();
            yielded |= poll.is_pending();
            poll
        })
        .await;
        std::mem::forget(unfinished);
        let ended = Instant::now();
        if matches!(end, IterationEnd::Interrupted) {
            add(&counters.interrupted, 1);
        } else {
            add(&counters.completed, 1);
            self.stamp(ended);
            let builtin = &self.shared.builtin;
            let mut recorder = self.recorder.borrow_mut();
            recorder.record(builtin.iterations, 1.0, scenario.tags());
            recorder.record(builtin.iteration_duration, milliseconds(ended - begun), scenario.tags());
        }
        // It ends the run by its own will, so it has come to its end.
        let aborted = matches!(end, IterationEnd::Abort(_));
        if let IterationEnd::Abort(reason) = end {
            self.shared.tell(Event::Aborted(reason));
            reached(&mut self.shared.level.subscribe(), Level::Graceful).await;
            tokio::task::yield_now().await;
            yielded = true;
        }
        let earliest_next = begun + self.shared.settings.min_iteration_duration;
        if earliest_next > ended && !interrupt.is_set() {
            yielded = true;
            tokio::select! {
                () = interrupt.wait() => {}
                () = tokio::time::sleep_until(earliest_next) => {}
            }
            return Lap { ended: Instant::now(), yielded, aborted };
        }
        Lap { ended, yielded, aborted }
    }

    fn open(
        &self,
        scenario: &Arc<ScenarioState>,
        holder: &mut Holder<W::Vu>,
        interrupt: &Interrupt,
        lag: Option<Duration>,
    ) -> Iteration {
        let (in_instance, in_test) = scenario.number();
        let in_vu = holder.iterations;
        holder.iterations += 1;
        let in_scenario = &mut holder.in_scenario[scenario.index()];
        let in_scenario_vu = *in_scenario;
        *in_scenario += 1;
        Iteration {
            scenario: Arc::clone(scenario),
            vu: holder.id,
            in_vu,
            in_scenario_vu,
            in_instance,
            in_test,
            lag,
            interrupt: interrupt.clone(),
            recorder: Rc::clone(&self.recorder),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// An iteration that is dropped before its end, by a panic or for want of patience, was interrupted.
struct Unfinished<'a>(&'a Counters);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        add(&self.0.interrupted, 1);
    }
}

/// A virtual user at work for a scenario. Whatever becomes of its task, the counts and the pool stay right.
pub(super) struct OnDuty<W: Worker + 'static> {
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    holder: Option<Box<Holder<W::Vu>>>,
    /// Whether it waits for a run that is paused.
    rests: Cell<bool>,
}

impl<W: Worker + 'static> OnDuty<W> {
    pub(super) fn new(core: &Rc<Core<W>>, scenario: &Arc<ScenarioState>, holder: Box<Holder<W::Vu>>) -> Self {
        add(&core.counters(scenario).running, 1);
        Self {
            core: Rc::clone(core),
            scenario: Arc::clone(scenario),
            holder: Some(holder),
            rests: Cell::new(false),
        }
    }

    pub(super) async fn iterate(&mut self, interrupt: &Interrupt, scheduled: Option<Instant>) -> Lap {
        let holder = self.holder.as_mut().expect("a user on duty has not been released");
        self.core.iterate(&self.scenario, holder, interrupt, scheduled).await
    }

    /// It waits for a run that is paused, and runs nothing meanwhile.
    pub(super) fn rest(&self) {
        self.rests.set(true);
        self.core.counters(&self.scenario).running.fetch_sub(1, Ordering::Relaxed);
    }

    /// It runs again, after [`OnDuty::rest`].
    pub(super) fn go_on(&self) {
        self.rests.set(false);
        add(&self.core.counters(&self.scenario).running, 1);
    }

    /// The user, off duty.
    #[expect(clippy::unnecessary_box_returns, reason = "users change hands by pointer, whatever their size")]
    pub(super) fn release(mut self) -> Box<Holder<W::Vu>> {
        self.holder.take().expect("a user on duty has not been released")
    }
}

impl<W: Worker + 'static> Drop for OnDuty<W> {
    fn drop(&mut self) {
        let counters = self.core.counters(&self.scenario);
        if !self.rests.get() {
            counters.running.fetch_sub(1, Ordering::Relaxed);
        }
        if self.holder.is_some() {
            counters.held.fetch_sub(1, Ordering::Relaxed);
            self.core.shared.engine.initialised.fetch_sub(1, Ordering::Relaxed);
            self.core.pool.lose();
        }
    }
}

/// Counts tasks, and says when there are none.
#[derive(Debug, Default)]
pub(super) struct Crew {
    active: Cell<usize>,
    left: Notify,
}

/// One task of a crew.
pub(super) struct Member(Rc<Crew>);

impl Crew {
    pub(super) fn join(self: &Rc<Self>) -> Member {
        self.active.set(self.active.get() + 1);
        Member(Rc::clone(self))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.active.get() == 0
    }

    /// Returns when everyone has left.
    pub(super) async fn empty(&self) {
        while !self.is_empty() {
            self.left.notified().await;
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get() - 1);
        if self.0.is_empty() {
            self.0.left.notify_one();
        }
    }
}
