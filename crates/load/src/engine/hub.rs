//! The hub: starts the workers, gives the sign, hands every second to the observer, and brings the run to its end.
//!
//! It runs on the caller's runtime and waits for nothing that a virtual user could hold up for ever: seconds are
//! given away a quarter of a second after their end whoever has reported, and each way of ending has a deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use super::assembly::{Assembly, assemble};
use super::audit::{audit, drop_for_the_silent, dropped};
use super::clock::Calendar;
use super::control::{Control, Level, reached};
use super::delivery::Delivery;
use super::drop_cause::DropCause;
use super::hold::Clock;
use super::host::Host;
use super::observer::Observer;
use super::outcome::{EngineError, Outcome, Why};
use super::reports::{Event, WindowReport};
use super::settings::Settings;
use super::shared::Shared;
use super::stuck::Stuck;
use crate::plan::Plan;
use crate::vu::Program;

const SECOND: Duration = Duration::from_secs(1);
/// How long a second waits for the reports of busy workers.
const LATE_REPORTS: Duration = Duration::from_millis(250);
/// When the gauges are taken for the first time; after that at the end of every second.
const FIRST_LOOK: Duration = Duration::from_millis(50);
/// An event loop that has not turned for so long is stuck.
const STUCK: Duration = Duration::from_secs(2);
/// How often the preparation of virtual users is reported.
const INITIALISING: Duration = Duration::from_millis(100);

/// Runs a plan on worker threads, one per core, and tells the observer each second what was measured.
///
/// Virtual users are prepared first, on all workers at once; the run starts when all are there. Dropping the future
/// stops the workers.
///
/// # Errors
/// [`EngineError`] when the plan cannot run, a virtual user cannot be made, or a worker panics; everything measured
/// until then has been given to the observer.
pub async fn run<P: Program>(
    plan: Plan,
    program: Arc<P>,
    settings: Settings,
    control: Control,
    observer: &mut dyn Observer,
) -> Result<Outcome, EngineError> {
    Hub::start(plan, &program, settings, &control, observer, Host::Threads)?.run().await
}

/// Like [`run`], with all workers on the caller's thread and its clock: for tests of programs, whose clock may be
/// paused, and for places without threads.
///
/// # Errors
/// As for [`run`].
pub async fn run_local<P: Program>(
    plan: Plan,
    program: Arc<P>,
    settings: Settings,
    control: Control,
    observer: &mut dyn Observer,
) -> Result<Outcome, EngineError> {
    let hub = async { Hub::start(plan, &program, settings, &control, observer, Host::Local)?.run().await };
    LocalSet::new().run_until(hub).await
}

/// One run, from the caller's side.
struct Hub<'a> {
    shared: Arc<Shared>,
    plan_end: Duration,
    longest_grace: Duration,
    host: Host,
    delivery: Delivery<'a>,
    control: watch::Receiver<Level>,
    events: mpsc::UnboundedReceiver<Event>,
    windows: mpsc::Receiver<WindowReport>,
    ready: usize,
    finished: Vec<bool>,
    exited: usize,
    lost_samples: u64,
    why: Why,
    failure: Option<EngineError>,
    /// When to wait no longer.
    deadline: Option<Instant>,
    /// Who does not yield, as told to the observer.
    told_stuck: Vec<(usize, Option<(String, u64)>)>,
    started: Option<(Instant, Calendar)>,
    /// When the last of the workers was done that have finished.
    ended: Option<Instant>,
}

/// Stops the workers when the hub goes away, whatever the reason.
struct HaltOnDrop(Arc<Shared>);

impl Drop for HaltOnDrop {
    fn drop(&mut self) {
        self.0.halt(Level::Now);
        self.0.steering.end();
    }
}

impl<'a> Hub<'a> {
    fn start<P: Program>(
        plan: Plan,
        program: &Arc<P>,
        settings: Settings,
        control: &Control,
        observer: &'a mut dyn Observer,
        host: Host,
    ) -> Result<Self, EngineError> {
        let Assembly { shared, events, windows, plan_end, longest_grace } =
            assemble(plan, program, settings, control, host)?;
        let workers = shared.allotment.workers.len();
        Ok(Self {
            plan_end,
            longest_grace,
            host,
            control: control.subscribe(),
            events,
            windows,
            ready: 0,
            finished: vec![false; workers],
            exited: 0,
            lost_samples: 0,
            why: Why::Finished,
            failure: None,
            deadline: None,
            delivery: Delivery::new(Arc::clone(&shared), observer, workers),
            told_stuck: Vec::new(),
            started: None,
            ended: None,
            shared,
        })
    }

    async fn run(mut self) -> Result<Outcome, EngineError> {
        let _halt = HaltOnDrop(Arc::clone(&self.shared));
        self.initialise().await;
        self.wait_while_held().await;
        if self.ready == self.finished.len() && *self.shared.level.borrow() == Level::Run {
            self.give_the_sign();
            self.watch().await;
        } else {
            self.leave().await;
        }
        self.shared.steering.end();
        let ended = if self.is_finished() { self.ended } else { None };
        let ended = ended.unwrap_or_else(Instant::now);
        let duration =
            self.started.map_or(Duration::ZERO, |(start, _)| ended.saturating_duration_since(start));
        self.account_for_the_silent();
        // Who is late and answers after all changes nothing any more.
        let (scenarios, dropped) = (self.shared.progress(), dropped(&self.shared));
        self.deliver_the_rest();
        self.lost_samples += self.delivery.recorder.end_stream();
        self.wait_for_exits().await;
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let unresponsive: Vec<_> = (0..self.finished.len())
            .filter(|&worker| !self.finished[worker])
            .map(|worker| self.stuck(worker))
            .collect();
        if self.started.is_some() && unresponsive.is_empty() {
            let unaccounted = audit(&self.shared);
            if !unaccounted.is_empty() {
                return Err(EngineError::Unaccounted(unaccounted));
            }
        }
        Ok(Outcome {
            why: self.why,
            duration,
            scenarios,
            dropped,
            generator: self.delivery.meter.total(),
            saturation: self.delivery.meter.saturation(),
            unresponsive,
            lost_samples: self.lost_samples,
        })
    }

    /// Waits until all virtual users are there.
    async fn initialise(&mut self) {
        let total = self.shared.allotment.prepared();
        let mut next_report = Instant::now() + INITIALISING;
        while self.ready < self.finished.len() && *self.shared.level.borrow() == Level::Run {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.note(event),
                _ = reached(&mut self.control, Level::Graceful) => self.obey(),
                () = sleep_until(next_report) => {
                    next_report += INITIALISING;
                    self.delivery.observer.initialising(self.shared.engine.vus_initialised(), total);
                }
            }
        }
        self.delivery.observer.initialising(self.shared.engine.vus_initialised(), total);
    }

    /// Who was paused before the start waits there, with all virtual users ready.
    async fn wait_while_held(&mut self) {
        let mut course = self.shared.steering.subscribe();
        let ready = self.ready == self.finished.len();
        let mut told = false;
        while ready
            && *self.shared.level.borrow() == Level::Run
            && course.borrow_and_update().hold.since.is_some()
        {
            if !std::mem::replace(&mut told, true) {
                self.shared.steering.held();
                self.delivery.observer.held();
            }
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.note(event),
                _ = reached(&mut self.control, Level::Graceful) => self.obey(),
                _ = course.changed() => {}
            }
        }
    }

    fn give_the_sign(&mut self) {
        // Worker threads need a moment to wake; arrivals that are due at once should not begin late.
        let moment = if self.host == Host::Threads { Duration::from_millis(2) } else { Duration::ZERO };
        let start = Instant::now() + moment;
        let calendar = Calendar::starting_at(start);
        for scenario in &self.shared.engine.scenarios {
            scenario.start_at(start);
        }
        // Only here is it set.
        let _ = self.shared.engine.started_at.set(start);
        self.shared.steering.begin(start);
        self.shared.go.send_replace(Some(calendar));
        self.started = Some((start, calendar));
        self.delivery.begin(start, calendar);
        self.wait_for_the_plan();
    }

    /// When the plan is over, and so everybody, as long as nobody ends it before; never while it is paused.
    fn wait_for_the_plan(&mut self) {
        let Some((start, _)) = self.started.filter(|_| *self.shared.level.borrow() == Level::Run) else {
            return;
        };
        let hold = self.shared.steering.subscribe().borrow().hold;
        let end = self.plan_end + 2 * self.shared.settings.patience;
        self.deadline = Some(Clock::new(start, hold).shifted(end)).filter(|_| hold.since.is_none());
    }

    /// Watches the run until every worker has finished, or is given up.
    async fn watch(&mut self) {
        let Some((start, _)) = self.started else { return };
        let mut course = self.shared.steering.subscribe();
        let mut boundary = start + SECOND;
        let mut over = 0;
        // Runs of less than a second have gauges too.
        let mut first_look = Some(start + FIRST_LOOK);
        while !self.is_finished() {
            // A second that is over waits a little for late reports; the next boundary comes after that.
            let late = boundary - SECOND + LATE_REPORTS;
            let closing = self.delivery.seconds.is_waiting_for(over);
            tokio::select! {
                biased;
                level = next_level(&mut self.control, &self.shared) => { let _ = level; self.obey() }
                Some(event) = self.events.recv() => self.note(event),
                Ok(()) = course.changed() => self.wait_for_the_plan(),
                Some(report) = self.windows.recv() => self.delivery.add(report),
                () = sleep_until(late), if closing => {
                    let asked = self.delivery.give_until(over - 1);
                    self.obey_observer(asked);
                }
                () = until(first_look) => {
                    first_look = None;
                    self.delivery.record_gauges(start + FIRST_LOOK);
                }
                () = sleep_until(boundary) => {
                    self.delivery.close_second(over, boundary);
                    self.tell_stuck();
                    over += 1;
                    boundary += SECOND;
                }
                () = until(self.deadline) => if !self.give_up_waiting() { break },
            }
            let asked = self.delivery.give_complete();
            self.obey_observer(asked);
        }
    }

    /// Waits for the workers of a run that never started.
    async fn leave(&mut self) {
        self.halt(Level::Now);
        while !self.is_finished() {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.note(event),
                () = until(self.deadline) => break,
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.finished.iter().all(|&finished| finished)
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Ready => self.ready += 1,
            Event::Failed(error) => {
                self.failure.get_or_insert(error);
                self.halt(Level::Now);
            }
            Event::Aborted(reason) => self.end(Level::Now, Why::Aborted(reason)),
            Event::Finished { worker, at, lost_samples } => {
                self.lost_samples += lost_samples;
                self.ended = self.ended.max(Some(at));
                self.finish(worker);
            }
            Event::Exited { worker, panic } => {
                self.exited += 1;
                self.finish(worker);
                if let Some(message) = panic {
                    self.failure.get_or_insert(EngineError::Panic { worker, message });
                    self.halt(Level::Now);
                }
            }
        }
    }

    fn finish(&mut self, worker: usize) {
        self.finished[worker] = true;
        // Its last window may still be in the queue; the seconds then take it late, or at the end.
        self.take_reports();
        self.delivery.seconds.leave(worker);
    }

    fn take_reports(&mut self) {
        while let Ok(report) = self.windows.try_recv() {
            self.delivery.add(report);
        }
    }

    /// Does what the observer asks: it gives a reason where the run is to end.
    fn obey_observer(&mut self, asked: Option<String>) {
        if let Some(reason) = asked {
            self.end(Level::Now, Why::Observer(reason));
        }
    }

    /// Does what the caller's handle asks.
    fn obey(&mut self) {
        let level = *self.control.borrow();
        match level {
            Level::Run => {}
            Level::Graceful => self.end(level, Why::Stopped),
            Level::Now => self.end(level, Why::StoppedNow),
        }
    }

    /// Ends the run for a reason. The first reason stays, except that a second, sharper stop says so.
    fn end(&mut self, level: Level, why: Why) {
        self.shared.ended_by.name(match &why {
            Why::Stopped | Why::StoppedNow => DropCause::Interrupted,
            Why::Aborted(_) | Why::Observer(_) => DropCause::Aborted,
            Why::Finished => DropCause::Failed,
        });
        if self.why == Why::Finished || (self.why == Why::Stopped && level == Level::Now) {
            self.why = why;
        }
        self.halt(level);
    }

    fn halt(&mut self, level: Level) {
        if *self.shared.level.borrow() >= level {
            return;
        }
        self.shared.halt(level);
        let patience = 2 * self.shared.settings.patience;
        let grace = if level == Level::Graceful { self.longest_grace } else { Duration::ZERO };
        let latest = Instant::now() + grace + patience;
        self.deadline = Some(self.deadline.map_or(latest, |deadline| deadline.min(latest)));
        if level == Level::Now {
            self.deadline = Some(latest);
        }
    }

    /// At a deadline: interrupts what runs and waits once more; then no longer. Whether to go on waiting.
    fn give_up_waiting(&mut self) -> bool {
        let was = *self.shared.level.borrow();
        self.halt(Level::Now);
        was < Level::Now
    }

    /// Tells of workers that have been silent for long, once for each user they are busy with.
    fn tell_stuck(&mut self) {
        for worker in (0..self.finished.len()).filter(|&worker| !self.finished[worker]).collect::<Vec<_>>() {
            let stuck = self.stuck(worker);
            let key = (worker, stuck.user.clone());
            if stuck.silent >= STUCK && !self.told_stuck.contains(&key) {
                self.told_stuck.push(key);
                self.delivery.observer.stuck(&stuck);
            }
        }
    }

    /// Whom a worker is busy with, and since when.
    fn stuck(&self, worker: usize) -> Stuck {
        let since_start = self.started.map_or(Duration::ZERO, |(start, _)| start.elapsed());
        let user = self.shared.busy[worker].with().and_then(|(scenario, vu)| {
            Some((self.shared.engine.scenarios.get(scenario)?.definition().name.clone(), vu))
        });
        Stuck { worker, user, silent: self.shared.loop_lags[worker].silent(since_start) }
    }

    /// Drops what workers were to do who did not answer, and cannot say so themselves.
    fn account_for_the_silent(&mut self) {
        let Some((_, calendar)) = self.started else { return };
        if self.is_finished() {
            return;
        }
        let recorder = &mut self.delivery.recorder;
        recorder.set_time(calendar.unix_ns(Instant::now()));
        drop_for_the_silent(&self.shared, recorder);
    }

    fn deliver_the_rest(&mut self) {
        self.take_reports();
        let asked = self.delivery.give_the_rest();
        self.obey_observer(asked);
    }

    /// Waits for the threads to end; one that does not answer is left behind.
    async fn wait_for_exits(&mut self) {
        let deadline = Some(Instant::now() + self.shared.settings.patience);
        let expected = self.finished.iter().filter(|&&finished| finished).count();
        while self.exited < expected {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.note(event),
                () = until(deadline) => break,
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Waits for the caller's handle to ask for more than is being done.
async fn next_level(control: &mut watch::Receiver<Level>, shared: &Shared) -> Level {
    let next = match *shared.level.borrow() {
        Level::Run => Level::Graceful,
        Level::Graceful => Level::Now,
        Level::Now => return std::future::pending().await,
    };
    reached(control, next).await
}
