//! What is known about a running scenario, on every thread: counted in atomics, one set per worker.
//!
//! Each worker counts on a cache line of its own and readers add up, so that counting costs nothing however many
//! workers there are. Only numbers that must be unique in the scenario are taken from one shared place.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use loadline_measure::{ScenarioProgress, ScenarioState as Stands, Schema, TagSetId};
use tokio::sync::watch;
use tokio::time::Instant;

use super::allotment::numbers;
use super::course::{Course, Lane};
use super::drop_cause::{DropCause, FirstCause};
use super::hold::Clock;
use crate::executor::Executor;
use crate::pacer::{Pacer, Schedule};
use crate::plan::Scenario;
use crate::segment::Segment;

/// A scenario of a run: its definition, and how far it is.
#[derive(Debug)]
pub struct ScenarioState {
    definition: Scenario,
    index: usize,
    tags: TagSetId,
    started_at: OnceLock<Instant>,
    /// How long it took, in its own time.
    took: OnceLock<Duration>,
    /// What people have made of the run.
    course: watch::Receiver<Arc<Course>>,
    /// This machine's part of the run.
    machine: Segment,
    /// The most virtual users it may have on this machine.
    users: u64,
    /// The iterations of this machine, by their numbers in the whole test.
    numbers: Segment,
    /// What this machine has of a number of iterations that is known beforehand.
    total: Option<u64>,
    next_iteration: AtomicU64,
    claimed: AtomicU64,
    /// Virtual users that may still be added in mid-run.
    pub(super) addable: AtomicU64,
    /// Virtual users prepared for an open model that have not come to its start.
    pub(super) gathering: AtomicU64,
    /// Why its iterations were cut short, as the workers found.
    pub(super) cut: FirstCause,
    settled_workers: AtomicUsize,
    done_workers: AtomicUsize,
    pub(super) counters: Box<[Counters]>,
}

/// One worker's counts.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Counters {
    pub(super) phase: AtomicU8,
    pub(super) started: AtomicU64,
    pub(super) completed: AtomicU64,
    pub(super) interrupted: AtomicU64,
    /// By their causes.
    pub(super) dropped: [AtomicU64; DropCause::ALL.len()],
    /// Arrivals of an open model that were due until it was closed.
    pub(super) due: AtomicU64,
    pub(super) late: AtomicU64,
    /// Virtual users that run.
    pub(super) running: AtomicU64,
    /// Virtual users that the scenario holds.
    pub(super) held: AtomicU64,
    /// Virtual users of an open model that wait for an arrival: whoever lowers it may start one here.
    pub(super) free: AtomicU64,
}

/// The phases of a scenario on one worker.
pub(super) mod phase {
    pub(in crate::engine) const WAITING: u8 = 0;
    pub(in crate::engine) const RUNNING: u8 = 1;
    pub(in crate::engine) const STOPPING: u8 = 2;
    pub(in crate::engine) const DONE: u8 = 3;
}

/// Adds to a counter that only its worker writes, or that nobody orders by.
pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// Takes one from a counter unless it is 0.
pub(super) fn take_one(counter: &AtomicU64) -> bool {
    counter.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
}

impl ScenarioState {
    pub(super) fn new(
        definition: Scenario,
        index: usize,
        machine: &Segment,
        workers: usize,
        schema: &Schema,
        course: watch::Receiver<Arc<Course>>,
    ) -> Self {
        let users = machine.count_below(definition.executor.max_vus());
        let own = numbers(machine, &definition.executor);
        let total = match &definition.executor {
            // Every user counts its own iterations, so these are dealt out with the users.
            Executor::PerVuIterations(each) => Some(users.saturating_mul(each.iterations)),
            executor => executor
                .iterations()
                .map(|iterations| own.as_ref().map_or(0, |own| own.count_below(iterations))),
        };
        let pre_allocated = match &definition.executor {
            Executor::ConstantArrivalRate(open) => machine.count_below(open.pre_allocated_vus),
            Executor::RampingArrivalRate(open) => machine.count_below(open.pre_allocated_vus),
            _ => users,
        };
        let tags: Vec<_> = [("group", ""), ("scenario", definition.name.as_str())]
            .into_iter()
            .chain(definition.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
            .collect();
        Self {
            tags: schema.intern(TagSetId::EMPTY, &tags),
            definition,
            index,
            started_at: OnceLock::new(),
            took: OnceLock::new(),
            course,
            machine: machine.clone(),
            users,
            numbers: own.unwrap_or_else(|| machine.clone()),
            total,
            next_iteration: AtomicU64::new(0),
            claimed: AtomicU64::new(0),
            addable: AtomicU64::new(users - pre_allocated),
            gathering: AtomicU64::new(pre_allocated),
            cut: FirstCause::default(),
            settled_workers: AtomicUsize::new(0),
            done_workers: AtomicUsize::new(0),
            counters: (0..workers).map(|_| Counters::default()).collect(),
        }
    }

    /// The scenario as it was planned.
    pub fn definition(&self) -> &Scenario {
        &self.definition
    }

    /// Its position in the plan, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The tags of everything its iterations measure: `scenario`, an empty `group`, and its own.
    pub fn tags(&self) -> TagSetId {
        self.tags
    }

    /// How many of so many virtual users are this machine's.
    pub(super) fn own(&self, vus: u64) -> u64 {
        self.machine.count_below(vus)
    }

    /// When it has stopped for certain, as things stand; `None` before the run has started, and where that is never.
    pub fn latest_end(&self) -> Option<Instant> {
        let Scenario { executor, graceful_stop, .. } = &self.definition;
        let lasts =
            executor.duration().checked_add(*graceful_stop).filter(|_| !executor.is_until_stopped())?;
        Some(self.clock()?.shifted(lasts))
    }

    fn clock(&self) -> Option<Clock> {
        self.started_at().map(|start| Clock::new(start, self.course.borrow().hold))
    }

    fn lane(&self) -> Lane {
        self.course.borrow().lane(self.index)
    }

    /// When it starts or started, had nobody paused the run before; `None` before the run has started.
    pub fn started_at(&self) -> Option<Instant> {
        self.started_at.get().copied()
    }

    /// How much of it is done, 0 to 1: of its iterations where their number is known and no rate drives them, else
    /// of its time.
    pub fn progress(&self) -> f64 {
        let done = match (&self.definition.executor, self.total) {
            (Executor::SharedIterations(_) | Executor::PerVuIterations(_), Some(total)) if total > 0 => {
                let counted = |of: fn(&Counters) -> &AtomicU64| self.sum(of);
                let done = counted(|c| &c.completed) + counted(|c| &c.interrupted) + self.dropped();
                done as f64 / total as f64
            }
            (executor, _) => self.elapsed().as_secs_f64() / executor.duration().as_secs_f64(),
        };
        if done.is_finite() { done.clamp(0.0, 1.0) } else { 1.0 }
    }

    pub(super) fn start_at(&self, run_start: Instant) {
        // Only the hub sets it, once.
        let _ = self.started_at.set(run_start + self.definition.start_time);
    }

    /// Takes the next iteration's numbers: on this machine, and in the test.
    pub(super) fn number(&self) -> (u64, u64) {
        let in_instance = self.next_iteration.fetch_add(1, Ordering::Relaxed);
        (in_instance, self.numbers.nth(in_instance))
    }

    /// Takes one of the shared iterations, if there is one left.
    pub(super) fn claim(&self) -> bool {
        let total = self.total.unwrap_or(0);
        self.claimed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |claimed| {
                (claimed < total).then_some(claimed + 1)
            })
            .is_ok()
    }

    /// Takes all shared iterations that are left. Only when no worker starts any more: another one's users may be at
    /// work on them.
    pub(super) fn claim_rest(&self) -> u64 {
        let total = self.total.unwrap_or(0);
        total - self.claimed.swap(total, Ordering::Relaxed).min(total)
    }

    /// Notes that a worker starts nothing more here. Whether it is the last of all.
    pub(super) fn worker_settles(&self) -> bool {
        self.settled_workers.fetch_add(1, Ordering::AcqRel) + 1 == self.counters.len()
    }

    /// Whether this machine has no part of the scenario.
    pub(super) fn is_idle(&self) -> bool {
        self.users == 0
    }

    /// Iterations that were dropped, for whatever cause.
    pub(super) fn dropped(&self) -> u64 {
        DropCause::ALL.into_iter().map(|cause| self.dropped_for(cause)).sum()
    }

    /// Iterations that were dropped for one cause.
    pub(super) fn dropped_for(&self, cause: DropCause) -> u64 {
        self.counters.iter().map(|counters| counters.dropped[cause as usize].load(Ordering::Relaxed)).sum()
    }

    /// How many iterations this machine was to make, where that is known: all that are planned, of an open model that
    /// was stopped or steered those that were due.
    pub(super) fn planned(&self, stopped: bool) -> Option<u64> {
        match &self.definition.executor {
            Executor::ConstantArrivalRate(_) | Executor::RampingArrivalRate(_)
                if stopped || self.lane().schedule.is_some() =>
            {
                Some(self.sum(|counters| &counters.due))
            }
            _ => self.total,
        }
    }

    /// How many iterations there will be as things stand, where that is known.
    fn total(&self) -> Option<u64> {
        let total = |schedule: Arc<_>| Pacer::new(schedule, self.numbers.clone()).arrivals();
        self.lane().schedule.map(total).or(self.total)
    }

    /// Drops what the account lacks when a worker did not answer, and so did not settle: what it was to do until now.
    /// How many iterations that are.
    pub(super) fn drop_missing(&self, cause: DropCause) -> u64 {
        let missing = self.missing();
        if let Some(counters) = self.counters.first() {
            add(&counters.dropped[cause as usize], missing);
        }
        missing
    }

    fn missing(&self) -> u64 {
        let now = Instant::now();
        let begun = self.clock().filter(|clock| clock.shifted(Duration::ZERO) <= now);
        let due = |schedule: &dyn Schedule| {
            let until = |clock: Clock| Pacer::new(schedule, self.numbers.clone()).due(clock.elapsed(now));
            begun.map_or(0, until)
        };
        let planned = match (&self.definition.executor, self.lane().schedule) {
            _ if self.is_idle() => 0,
            // Nobody can claim them afterwards.
            (Executor::SharedIterations(_), _) => return self.claim_rest(),
            (_, Some(steered)) => due(&*steered),
            (executor, None) => match executor.schedule() {
                Some(schedule) => due(&schedule),
                None => self.total.unwrap_or(0),
            },
        };
        planned.saturating_sub(self.sum(|counters| &counters.started) + self.dropped())
    }

    /// Notes that a worker has nothing more to do here.
    pub(super) fn worker_done(&self) {
        if self.done_workers.fetch_add(1, Ordering::AcqRel) + 1 == self.counters.len() {
            let _ = self.took.set(self.elapsed());
        }
    }

    pub(super) fn sum(&self, of: fn(&Counters) -> &AtomicU64) -> u64 {
        self.counters.iter().map(|counters| of(counters).load(Ordering::Relaxed)).sum()
    }

    /// Its own time, in which it is not paused.
    fn elapsed(&self) -> Duration {
        let elapsed = || self.clock().map_or(Duration::ZERO, |clock| clock.elapsed(Instant::now()));
        self.took.get().copied().unwrap_or_else(elapsed)
    }

    pub(super) fn stands(&self) -> Stands {
        let phases = || self.counters.iter().map(|counters| counters.phase.load(Ordering::Relaxed));
        if phases().all(|phase| phase == phase::DONE) {
            Stands::Done
        } else if phases().any(|phase| phase == phase::RUNNING) {
            Stands::Running
        } else if phases().all(|phase| phase == phase::WAITING) {
            Stands::Waiting
        } else {
            Stands::Stopping
        }
    }

    pub(super) fn report(&self) -> ScenarioProgress {
        let executor = &self.definition.executor;
        ScenarioProgress {
            name: self.definition.name.clone(),
            executor: format!("{}: {}", executor.name(), executor.description()),
            vus: self.sum(|counters| &counters.running),
            vus_max: self.sum(|counters| &counters.held),
            started: self.sum(|counters| &counters.started),
            completed: self.sum(|counters| &counters.completed),
            interrupted: self.sum(|counters| &counters.interrupted),
            dropped: self.dropped(),
            total: self.total(),
            elapsed: self.elapsed(),
            duration: (!executor.is_until_stopped()).then(|| executor.duration()),
            state: self.stands(),
        }
    }
}

/// The state of the whole run on this machine, as programs may ask for it.
#[derive(Debug)]
pub struct EngineState {
    pub(super) scenarios: Vec<Arc<ScenarioState>>,
    pub(super) initialised: AtomicU64,
    /// Virtual users that were prepared, and that people have allowed beyond those.
    pub(super) allowed: AtomicU64,
    pub(super) started_at: OnceLock<Instant>,
}

impl EngineState {
    /// The scenarios, in the order of the plan.
    pub fn scenarios(&self) -> &[Arc<ScenarioState>] {
        &self.scenarios
    }

    /// Iterations that came to their end.
    pub fn iterations_completed(&self) -> u64 {
        self.scenarios.iter().map(|scenario| scenario.sum(|counters| &counters.completed)).sum()
    }

    /// Iterations that were interrupted.
    pub fn iterations_interrupted(&self) -> u64 {
        self.scenarios.iter().map(|scenario| scenario.sum(|counters| &counters.interrupted)).sum()
    }

    /// Virtual users that run.
    pub fn vus_active(&self) -> u64 {
        self.scenarios.iter().map(|scenario| scenario.sum(|counters| &counters.running)).sum()
    }

    /// Virtual users that exist.
    pub fn vus_initialised(&self) -> u64 {
        self.initialised.load(Ordering::Relaxed)
    }

    /// Virtual users that exist, or may be made whenever somebody wants them.
    pub fn vus_max(&self) -> u64 {
        self.vus_initialised().max(self.allowed.load(Ordering::Relaxed))
    }

    /// When the run started; `None` while virtual users are prepared.
    pub fn started_at(&self) -> Option<Instant> {
        self.started_at.get().copied()
    }

    /// How long the run has lasted.
    pub fn elapsed(&self) -> Duration {
        self.started_at().map_or(Duration::ZERO, |start| start.elapsed())
    }
}
