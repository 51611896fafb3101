//! The search, step by step: what comes next is said by [`next`], and each step is a run.

use std::sync::Arc;
use std::time::Duration;

use loadline_load::Control;
use loadline_measure::{Run, response_time};
use loadline_runner::{
    Cause, Ending, Failure, Finished, Interrupts, SamplingSettings, Subject, Voice, execute,
};
use tokio::time::Instant;

use super::at_load::AtLoad;
use super::counting::Counting;
use super::ears::Ears;
use super::evidence::Evidence;
use super::processor::{Listener, Look};
use super::scale::Scale;
use crate::search::{Known, Next, Purpose, Stopped, Watch, next};

/// A plan lasts so much longer than its step: the step is ended when it has said what it can.
const MARGIN: Duration = Duration::from_secs(2);
/// By default p95 may be so many times as long as under little load …
const TIMES_IDLE: f64 = 2.0;
/// … and as long as this at least, in milliseconds.
const LEAST_MS: f64 = 10.0;

/// What is searched, and how.
pub struct Searching<'s> {
    /// How the plan is scaled.
    pub scale: &'s Scale,
    /// What is counted.
    pub counting: Counting,
    /// Whether p95 is to be limited by what it is under little load, because nobody said otherwise.
    pub learns_latency: bool,
    /// What is sampled.
    pub sampling: &'s SamplingSettings,
    /// Who answers on this machine, if anybody does.
    pub listener: Option<Listener>,
}

/// What a search tells while it goes on.
pub enum Told<'t> {
    /// A step begins.
    Trying {
        /// All that is known.
        known: &'t Known,
        /// What it is for.
        purpose: Purpose,
        /// The load.
        load: f64,
        /// How long it takes at most, in seconds.
        most_s: f64,
    },
    /// A step is over.
    Tried {
        /// All that is known, the step included.
        known: &'t Known,
        /// What else it showed.
        evidence: &'t Evidence,
    },
    /// What a reader of the figures should know.
    Warning(&'t str),
}

/// What was found.
pub struct Found {
    /// All that is known.
    pub known: Known,
    /// What each step showed beside that.
    pub evidence: Vec<Evidence>,
    /// The run of the last step.
    pub last: Option<Run>,
}

/// Searches. `known` is what to begin with: nothing, or a search that was interrupted, with its evidence.
///
/// # Errors
/// When a step could not be made. What is known by then went to `tell`.
pub async fn search<S: Subject>(
    subject: &mut S,
    mut searching: Searching<'_>,
    (mut known, mut evidence): (Known, Vec<Evidence>),
    interrupts: &Interrupts,
    tell: &mut dyn FnMut(Told<'_>),
) -> Result<Found, Failure> {
    let mut program = None;
    let mut last = None;
    let began = Instant::now();
    let before_s = known.elapsed_s;
    let elapsed = || before_s + began.elapsed().as_secs_f64();
    while let Next::Try { purpose, load, most_s } = next(&known) {
        tell(Told::Trying { known: &known, purpose, load, most_s });
        let measured = evidence.iter().rev().map(|one: &Evidence| one.iteration_s).find(|took| *took > 0.0);
        let busy_s = measured.unwrap_or_else(|| searching.scale.busy_s());
        let lasts = Duration::from_secs_f64(most_s) + MARGIN;
        let plan = searching.scale.at(load, lasts, busy_s);
        let control = Control::new();
        let watch = Watch::new(&known.requirements, purpose, load, elapsed(), most_s);
        let ears = Arc::new(Ears::new(watch, searching.counting.clone(), control.clone()));
        let looked = (Look::now(searching.listener.as_ref()), Instant::now());
        let mut at_load = AtLoad { subject, program: &mut program, plan };
        let step = run(&mut at_load, searching.sampling, (&ears, &control), interrupts).await;
        let finished = match step {
            Ok(finished) => finished,
            Err(_) if interrupts.any() => break,
            Err(failure) => return Err(failure),
        };
        let taken = taken(&looked, searching.listener.as_ref());
        if interrupts.any() {
            ears.stop(Stopped::Interrupted);
        }
        let (mut step, warnings) = ears.heard();
        // A generator that was too slow makes what broke doubtful; what was carried was carried all the same.
        step.saturated = finished.run.meta.saturation.as_ref().map(|why| why.evidence.join("; "));
        if purpose == Purpose::WarmUp {
            for warning in &warnings {
                tell(Told::Warning(warning));
            }
        }
        let target = searching.listener.as_ref().map(|listener| listener.name.as_str());
        let seen = Evidence::of(&finished.run, target, taken, cores());
        known.elapsed_s = elapsed();
        if purpose == Purpose::WarmUp && step.stopped.is_none() && is_silent(&finished.run) {
            let text = "no request was answered under little load, so there is nothing to search\nhint: look whether the target answers: `loadline hit -n 1 URL`";
            return Err(Failure::new(Ending::CouldNotRun, text));
        }
        if purpose == Purpose::WarmUp && searching.learns_latency && step.stopped.is_none() {
            learn_latency(&mut searching.counting, &mut known, &finished.run)?;
            searching.learns_latency = false;
        }
        known.steps.push(step);
        evidence.push(seen);
        last = Some(finished.run);
        if let Some(seen) = evidence.last() {
            tell(Told::Tried { known: &known, evidence: seen });
        }
        if let Some(failure) = finished.trouble.into_iter().find(|trouble| ends(trouble.ending)) {
            return Err(failure);
        }
    }
    Ok(Found { known, evidence, last })
}

/// Whether trouble of a step is the end of the search. That a step was stopped, by the search itself, is no trouble.
fn ends(ending: Ending) -> bool {
    !matches!(ending, Ending::Passed | Ending::Signal | Ending::Failed | Ending::Saturated)
}

/// One step. An interrupt ends it at once.
async fn run<S: Subject>(
    at_load: &mut AtLoad<'_, S>,
    sampling: &SamplingSettings,
    (ears, control): (&Arc<Ears>, &Control),
    interrupts: &Interrupts,
) -> Result<Finished, Failure> {
    let voice: Arc<dyn Voice> = Arc::clone(ears) as Arc<dyn Voice>;
    let own = Interrupts::none(control.clone());
    let mut step = std::pin::pin!(execute(at_load, sampling, &voice, &own, |_| Ok::<_, Cause>(Vec::new())));
    tokio::select! {
        finished = &mut step => return finished,
        () = interrupts.first() => control.stop_now(),
    }
    step.await
}

fn taken(
    (before, at): &(Option<Look>, Instant),
    listener: Option<&Listener>,
) -> Option<super::processor::Taken> {
    let now = Look::now(listener)?;
    Some(now.since(before.as_ref()?, cores(), at.elapsed().as_secs_f64()))
}

fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}

/// Whether requests were made and none was answered.
fn is_silent(run: &Run) -> bool {
    let values = |metric| run.select_where(metric, |_| true).map_or(0, |sink| sink.count());
    run.schema().find("http_reqs").is_some_and(|requests| values(requests) > 0)
        && response_time(run.schema()).is_none_or(|times| values(times) == 0)
}

/// Limits p95 by what it was under little load.
fn learn_latency(counting: &mut Counting, known: &mut Known, run: &Run) -> Result<(), Failure> {
    let idle = response_time(run.schema())
        .and_then(|metric| run.select_where(metric, |_| true))
        .and_then(|sink| sink.as_trend().and_then(|trend| trend.quantile(0.95)));
    let Some(idle) = idle else {
        let text = "there are no response times to take a budget from\nhint: give one: `--budget p95=200ms`";
        return Err(Failure::new(Ending::CouldNotRun, text));
    };
    counting.add_latency(0.95, (idle * TIMES_IDLE).max(LEAST_MS).round());
    known.requirements = counting.requirements();
    Ok(())
}
