//! Who listens to a step: each second goes to the search, and what the search has heard enough of ends.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use loadline_load::Control;
use loadline_measure::{ScenarioProgress, Sink};
use loadline_runner::{Second as Heard, Tone, Voice};

use super::counting::Counting;
use crate::search::{Second, Step, Stopped, Watch};

/// So many seconds in a row without a single answer: nobody is there any more.
const GONE_S: usize = 5;

/// The ears of one step.
pub(super) struct Ears {
    state: Mutex<State>,
    control: Control,
}

struct State {
    watch: Watch,
    counting: Counting,
    before: Totals,
    /// Seconds in a row in which nothing was answered that was asked.
    silent: usize,
    over: bool,
    said: HashSet<String>,
    warnings: Vec<String>,
}

/// How many iterations there were so far.
#[derive(Clone, Copy, Default)]
struct Totals {
    started: u64,
    ended: u64,
    dropped: u64,
}

impl Totals {
    fn of(progress: &[ScenarioProgress]) -> Self {
        let sum = |of: &dyn Fn(&ScenarioProgress) -> u64| progress.iter().map(of).sum();
        Self {
            started: sum(&|one| one.started),
            ended: sum(&|one| one.completed + one.interrupted),
            dropped: sum(&|one| one.dropped),
        }
    }
}

impl Ears {
    pub(super) fn new(watch: Watch, counting: Counting, control: Control) -> Self {
        let state = State {
            watch,
            counting,
            before: Totals::default(),
            silent: 0,
            over: false,
            said: HashSet::new(),
            warnings: Vec::new(),
        };
        Self { state: Mutex::new(state), control }
    }

    /// What the step came to, and what was said in it that a reader should know.
    pub(super) fn heard(&self) -> (Step, Vec<String>) {
        let mut state = self.lock();
        (state.watch.step(), std::mem::take(&mut state.warnings))
    }

    /// The step ends for this reason.
    pub(super) fn stop(&self, why: Stopped) {
        self.lock().watch.stop(why);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Voice for Ears {
    fn say(&self, tone: Tone, text: &str) {
        let mut state = self.lock();
        if tone != Tone::Note && state.said.insert(text.to_owned()) {
            state.warnings.push(text.to_owned());
        }
    }

    fn second(&self, heard: Heard<'_>) {
        let mut state = self.lock();
        if state.over {
            return;
        }
        let counts = state.counting.count(heard.schema, heard.window);
        let now = Totals::of(heard.progress);
        let (started, ended) = (now.started - state.before.started, now.ended - state.before.ended);
        let (whole, took_s) = iterations(&heard);
        let second = Second {
            started,
            under_way: now.started.saturating_sub(now.ended),
            dropped: now.dropped - state.before.dropped,
            ended: whole,
            took_s,
            counts,
        };
        state.before = now;
        let answered = answered(&heard);
        state.silent = if answered || (started == 0 && ended == 0) { 0 } else { state.silent + 1 };
        if state.silent >= GONE_S {
            let why = format!("no request was answered for {GONE_S} seconds");
            state.watch.stop(Stopped::TargetGone(why));
            state.over = true;
        }
        if state.watch.take(second) || state.over {
            state.over = true;
            drop(state);
            self.control.stop();
        }
    }
}

/// How many iterations ended well in a second, and how long they took in sum, in seconds.
fn iterations(heard: &Heard<'_>) -> (u64, f64) {
    let metric = heard.schema.find("iteration_duration");
    let of = heard.window.iter().filter(|(series, _)| Some(series.metric) == metric);
    of.fold((0, 0.0), |(count, took_s), (_, sink)| match sink {
        Sink::Trend(trend) => (count + trend.count(), took_s + trend.sum() / 1e3),
        _ => (count, took_s),
    })
}

/// Whether any request of a second was answered, if anybody made requests at all.
fn answered(heard: &Heard<'_>) -> bool {
    let times = loadline_measure::response_time(heard.schema);
    let requests = heard.schema.find("http_reqs");
    let of = |wanted| heard.window.iter().any(|(series, _)| Some(series.metric) == wanted);
    !of(requests) || of(times)
}
