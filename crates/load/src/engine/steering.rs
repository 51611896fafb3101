//! A run as people change it: who asks is told at once what comes of it, and workers read one value.
//!
//! Changes are made one after the other, each on what the one before left, so of two people at once the last one wins;
//! both are in the log. Nothing here waits for a worker. One that hears of a change late has started what was due by
//! the schedule before; as arrivals have numbers, and workers go by how many they have handled, none of them is lost
//! and none is made twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadline_measure::ScenarioState as Stands;
use tokio::sync::watch;
use tokio::time::Instant;

use super::course::{Course, Lane};
use super::hold::{Clock, Hold};
use super::scenario_state::{EngineState, ScenarioState, add};
use super::steer_error::SteerError;
use super::steered::{Change, Deed, RunStatus, ScenarioStatus, Setting, Standing, Steered};
use crate::executor::Executor;
use crate::plan::{MAX_RATE, MAX_VUS};
use crate::steered_schedule::{Rate, SteeredSchedule};

/// Deeds that wait for somebody who keeps them; what is beyond is counted.
const MOST_UNHEARD: usize = 1_000;

/// What people change of a run.
#[derive(Debug, Default)]
pub(super) struct Steering {
    course: watch::Sender<Arc<Course>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    engine: Option<Arc<EngineState>>,
    standing: Standing,
    revision: u64,
    /// Whether a person asked for the end.
    stopped: bool,
    log: Vec<Steered>,
    lost: u64,
}

impl Steering {
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Course>> {
        self.course.subscribe()
    }

    /// Another run begins to be prepared. Who has asked for a pause before there was one has it.
    pub(super) fn prepare(&self, engine: &Arc<EngineState>) {
        let mut state = self.state();
        let since = if state.standing == Standing::Over { None } else { self.hold().since };
        self.course.send_replace(Arc::new(Course {
            hold: Hold { total: Duration::ZERO, since },
            lanes: vec![Lane::default(); engine.scenarios().len()],
        }));
        state.engine = Some(Arc::clone(engine));
        state.standing = Standing::Preparing;
    }

    /// Everybody is ready, and waits for somebody who resumes.
    pub(super) fn held(&self) {
        self.state().standing = Standing::Held;
    }

    /// The scenarios start.
    pub(super) fn begin(&self, start: Instant) {
        let mut state = self.state();
        state.standing = Standing::Running;
        self.change(|course| {
            let since = course.hold.since.map(|since| since.max(start));
            course.hold = Hold { total: Duration::ZERO, since };
        });
    }

    /// Nothing runs any more.
    pub(super) fn end(&self) {
        let mut state = self.state();
        if std::mem::replace(&mut state.standing, Standing::Over) == Standing::Running {
            let now = Instant::now();
            self.change(|course| course.hold = Hold { total: course.hold.paused(now), since: None });
        }
    }

    pub(super) fn pause(&self) -> Result<u64, SteerError> {
        let mut state = self.state();
        state.goes_on()?;
        if self.hold().since.is_some() {
            return Ok(state.revision);
        }
        let now = Instant::now();
        let start = state.start();
        self.change(|course| course.hold.since = Some(start.map_or(now, |start| start.max(now))));
        Ok(state.note(now, [Deed::Paused]))
    }

    pub(super) fn resume(&self) -> Result<u64, SteerError> {
        let mut state = self.state();
        state.goes_on()?;
        let Some(since) = self.hold().since else { return Ok(state.revision) };
        let now = Instant::now();
        let paused = now.saturating_duration_since(since);
        let begun = state.standing == Standing::Running;
        self.change(|course| {
            course.hold.since = None;
            course.hold.total += if begun { paused } else { Duration::ZERO };
        });
        Ok(state.note(now, [Deed::Resumed(paused)]))
    }

    pub(super) fn set(&self, name: &str, setting: &Setting) -> Result<u64, SteerError> {
        let mut state = self.state();
        state.goes_on()?;
        let engine = state.engine.clone().ok_or(SteerError::Preparing)?;
        let Some(scenario) = engine.scenarios().iter().find(|scenario| scenario.definition().name == name)
        else {
            let known = engine.scenarios().iter().map(|scenario| scenario.definition().name.clone());
            return Err(SteerError::NoScenario { name: name.to_owned(), known: known.collect() });
        };
        let now = Instant::now();
        let course = Arc::clone(&self.course.borrow());
        let at = time_of(scenario, course.hold, now)?;
        let before = course.lane(scenario.index());
        check(scenario, &before, setting)?;
        let (lane, changes) = changed(scenario, &before, setting, at);
        if let Some(most) = setting.max_vus {
            let known = before.most_users.unwrap_or_else(|| scenario.definition().executor.max_vus());
            let more = scenario.own(most) - scenario.own(known);
            let rate = has_rate(&scenario.definition().executor);
            add(if rate { &scenario.addable } else { &engine.allowed }, more);
        }
        self.change(|course| course.lanes[scenario.index()] = lane);
        Ok(state.note(now, changes.into_iter().map(|change| Deed::Set(name.to_owned(), change))))
    }

    /// Takes note of something that happened.
    pub(super) fn mark(&self, words: &str) -> Result<u64, SteerError> {
        let mut state = self.state();
        state.goes_on()?;
        Ok(state.note(Instant::now(), [Deed::Marked(words.to_owned())]))
    }

    /// Takes note that a person ends the run.
    pub(super) fn stopped(&self) -> Result<u64, SteerError> {
        let mut state = self.state();
        state.goes_on()?;
        if std::mem::replace(&mut state.stopped, true) {
            return Ok(state.revision);
        }
        Ok(state.note(Instant::now(), [Deed::Stopped]))
    }

    /// Whether a person ended it.
    pub(super) fn was_stopped(&self) -> bool {
        self.state().stopped
    }

    /// What was done since the last call, and how much more there was.
    pub(super) fn take_deeds(&self) -> (Vec<Steered>, u64) {
        let mut state = self.state();
        (std::mem::take(&mut state.log), std::mem::take(&mut state.lost))
    }

    /// All pauses until now.
    pub(super) fn paused(&self) -> Duration {
        self.hold().paused(Instant::now())
    }

    pub(super) fn status(&self) -> RunStatus {
        let state = self.state();
        let course = Arc::clone(&self.course.borrow());
        let engine = state.engine.as_ref();
        let begun = matches!(state.standing, Standing::Running | Standing::Over);
        let scenarios = engine.map(|engine| {
            engine.scenarios().iter().map(|scenario| status_of(scenario, &course.lane(scenario.index())))
        });
        RunStatus {
            revision: state.revision,
            standing: state.standing,
            paused: course.hold.since.is_some(),
            stopping: state.stopped,
            elapsed: engine.map_or(Duration::ZERO, |engine| engine.elapsed()),
            paused_for: if begun { course.hold.paused(Instant::now()) } else { Duration::ZERO },
            vus: engine.map_or(0, |engine| engine.vus_active()),
            vus_max: engine.map_or(0, |engine| engine.vus_max()),
            scenarios: scenarios.map(Iterator::collect).unwrap_or_default(),
        }
    }

    fn hold(&self) -> Hold {
        self.course.borrow().hold
    }

    fn change(&self, change: impl FnOnce(&mut Course)) {
        self.course.send_modify(|course| change(Arc::make_mut(course)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn goes_on(&self) -> Result<(), SteerError> {
        if self.standing == Standing::Over { Err(SteerError::Over) } else { Ok(()) }
    }

    fn start(&self) -> Option<Instant> {
        self.engine.as_ref().and_then(|engine| engine.started_at())
    }

    fn note(&mut self, now: Instant, deeds: impl IntoIterator<Item = Deed>) -> u64 {
        self.revision += 1;
        let at = self.start().map_or(Duration::ZERO, |start| now.saturating_duration_since(start));
        for what in deeds {
            if self.log.len() < MOST_UNHEARD {
                self.log.push(Steered { revision: self.revision, at, what });
            } else {
                self.lost += 1;
            }
        }
        self.revision
    }
}

/// A scenario's time now; `None` before it has started.
fn time_of(scenario: &ScenarioState, hold: Hold, now: Instant) -> Result<Option<Duration>, SteerError> {
    let over = || SteerError::ScenarioOver(scenario.definition().name.clone());
    if matches!(scenario.stands(), Stands::Stopping | Stands::Done) {
        return Err(over());
    }
    let Some(start) = scenario.started_at() else { return Ok(None) };
    let clock = Clock::new(start, hold);
    let at = clock.elapsed(now);
    if at >= scenario.definition().executor.duration() {
        return Err(over());
    }
    let begun = clock.instant(Duration::ZERO).is_some_and(|start| start <= now);
    Ok(begun.then_some(at))
}

fn has_rate(executor: &Executor) -> bool {
    executor.schedule().is_some()
}

fn has_vus(executor: &Executor) -> bool {
    matches!(executor, Executor::ConstantVus(_) | Executor::RampingVus(_) | Executor::ExternallyControlled(_))
}

/// Whether a scenario can be set like this.
fn check(scenario: &ScenarioState, lane: &Lane, setting: &Setting) -> Result<(), SteerError> {
    let definition = scenario.definition();
    let (name, executor) = (|| definition.name.clone(), definition.executor.name());
    if *setting == Setting::default() {
        return Err(SteerError::Nothing);
    }
    let (has_rate, has_vus) = (has_rate(&definition.executor), has_vus(&definition.executor));
    if !has_rate && !has_vus {
        return Err(SteerError::Counted { scenario: name(), executor });
    }
    if setting.rate.is_some() && !has_rate {
        return Err(SteerError::NoRate { scenario: name(), executor });
    }
    if setting.vus.is_some() && !has_vus {
        return Err(SteerError::NoVus { scenario: name(), executor });
    }
    if setting.vus.max(setting.max_vus).is_some_and(|vus| vus > MAX_VUS) {
        return Err(SteerError::TooMuch { option: "vus", most: MAX_VUS });
    }
    if setting.rate.is_some_and(|rate| rate.count > MAX_RATE || rate.per.is_zero()) {
        return Err(SteerError::TooMuch { option: "rate", most: MAX_RATE });
    }
    let max = lane.most_users.unwrap_or_else(|| definition.executor.max_vus());
    if let Some(asked) = setting.max_vus.filter(|asked| *asked < max) {
        return Err(SteerError::BelowMax { scenario: name(), asked, max });
    }
    let max = setting.max_vus.unwrap_or(max);
    match setting.vus {
        Some(vus) if vus > max => Err(SteerError::BeyondMax { scenario: name(), vus, max }),
        _ => Ok(()),
    }
}

/// What becomes of a scenario that can be set like this.
fn changed(
    scenario: &ScenarioState,
    before: &Lane,
    setting: &Setting,
    at: Option<Duration>,
) -> (Lane, Vec<Change>) {
    let executor = &scenario.definition().executor;
    let (mut lane, mut changes) = (before.clone(), Vec::new());
    if let Some(max) = setting.max_vus {
        changes.push(Change::MaxVus(max, before.most_users.unwrap_or_else(|| executor.max_vus())));
        lane.most_users = Some(max);
    }
    if let Some(vus) = setting.vus {
        changes.push(Change::Vus(vus, before.users.or_else(|| planned_vus(executor))));
        lane.users = Some(vus);
    }
    if let (Some(rate), Some(planned)) = (setting.rate, executor.schedule()) {
        let known = before.schedule.as_ref().and_then(|schedule| schedule.rate());
        changes.push(Change::Rate(rate, known.or_else(|| planned_rate(executor))));
        let schedule = match &before.schedule {
            Some(schedule) => schedule.changed(at, rate),
            None => SteeredSchedule::new(planned, executor.duration()).changed(at, rate),
        };
        lane.schedule = Some(Arc::new(schedule));
    }
    (lane, changes)
}

/// The virtual users of a plan that one number says.
fn planned_vus(executor: &Executor) -> Option<u64> {
    match executor {
        Executor::ConstantVus(constant) => Some(constant.vus),
        Executor::ExternallyControlled(external) => Some(external.vus),
        _ => None,
    }
}

/// The rate of a plan that one number says.
fn planned_rate(executor: &Executor) -> Option<Rate> {
    match executor {
        Executor::ConstantArrivalRate(open) => Some(Rate { count: open.rate, per: open.time_unit }),
        _ => None,
    }
}

fn status_of(scenario: &ScenarioState, lane: &Lane) -> ScenarioStatus {
    let executor = &scenario.definition().executor;
    let (has_rate, has_vus) = (has_rate(executor), has_vus(executor));
    let rate = lane.schedule.as_ref().and_then(|schedule| schedule.rate());
    ScenarioStatus {
        progress: scenario.report(),
        executor: executor.name(),
        vus: lane.users.or_else(|| planned_vus(executor)),
        max_vus: (has_rate || has_vus).then(|| lane.most_users.unwrap_or_else(|| executor.max_vus())),
        rate: rate.or_else(|| planned_rate(executor)),
        has_vus,
        has_rate,
        is_steered: lane.users.is_some() || lane.most_users.is_some() || lane.schedule.is_some(),
    }
}
