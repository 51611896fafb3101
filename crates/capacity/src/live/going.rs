//! A search that goes on: what is known by now, and one more step of it, which is a run.

use std::sync::Arc;
use std::time::Duration;

use loadline_load::Control;
use loadline_measure::{Run, response_time, unix_time};
use loadline_runner::{
    Cause, Ending, Failure, Finished, Interrupts, SamplingSettings, Subject, Voice, execute,
};
use tokio::time::Instant;

use super::at_load::AtLoad;
use super::counting::Counting;
use super::ears::Ears;
use super::evidence::Evidence;
use super::processor::{Listener, Look, Taken};
use super::searching::{Found, Searching, Told};
use crate::search::{Known, Purpose, Stopped, Watch};

/// A plan lasts so much longer than its step: the step is ended when it has said what it can.
const MARGIN: Duration = Duration::from_secs(2);
/// By default p95 may be so many times as long as under little load …
const TIMES_IDLE: f64 = 2.0;
/// … and as long as this at least, in milliseconds.
const LEAST_MS: f64 = 10.0;

/// A search of one subject.
pub(super) struct Going<'s, S: Subject> {
    pub(super) subject: &'s mut S,
    pub(super) searching: Searching<'s>,
    pub(super) program: Option<Arc<S::Program>>,
    /// All that is known.
    pub(super) known: Known,
    /// What each step showed beside that.
    pub(super) evidence: Vec<Evidence>,
    /// The run of the last step.
    pub(super) last: Option<Run>,
}

impl<'s, S: Subject> Going<'s, S> {
    /// A search that begins, or goes on from what is known.
    pub(super) fn new(
        subject: &'s mut S,
        searching: Searching<'s>,
        (mut known, evidence): (Known, Vec<Evidence>),
    ) -> Self {
        known.began_unix_ms.get_or_insert(unix_time().as_millis() as i64);
        Self { subject, searching, program: None, known, evidence, last: None }
    }

    /// One more step. Whether there is anything to go on from: not when it was interrupted before it began.
    ///
    /// # Errors
    /// When it could not be made.
    pub(super) async fn attempt(
        &mut self,
        (purpose, load, most_s): (Purpose, f64, f64),
        interrupts: &Interrupts,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<bool, Failure> {
        let (began, before_s) = (Instant::now(), self.known.elapsed_s);
        tell(Told::Trying { known: &self.known, purpose, load, most_s });
        let measured = self.evidence.iter().rev().map(|one| one.iteration_s).find(|took| *took > 0.0);
        let busy_s = measured.unwrap_or_else(|| self.searching.scale.busy_s());
        let lasts = Duration::from_secs_f64(most_s) + MARGIN;
        let plan = self.searching.scale.at(load, lasts, busy_s);
        let control = Control::new();
        let watch = Watch::new(&self.known.requirements, purpose, load, before_s, most_s);
        let ears = Arc::new(Ears::new(watch, self.searching.counting.clone(), control.clone()));
        let looked = (Look::now(self.searching.listener.as_ref()), Instant::now());
        let mut at_load = AtLoad { subject: &mut *self.subject, program: &mut self.program, plan };
        let step = run(&mut at_load, self.searching.sampling, (&ears, &control), interrupts).await;
        let finished = match step {
            Ok(finished) => finished,
            Err(_) if interrupts.any() => return Ok(false),
            Err(failure) => return Err(failure),
        };
        let taken = taken(&looked, self.searching.listener.as_ref());
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
        let target = self.searching.listener.as_ref().map(|listener| listener.name.as_str());
        let seen = Evidence::of(&finished.run, target, taken, cores());
        if let Some(now) = self.searching.listener.as_ref().and_then(Listener::replaced) {
            tell(Told::Warning(&format!(
                "another process answers at the target's port now ({} {}): it was restarted or replaced in the midst of the search",
                now.name, now.ids[0]
            )));
            self.searching.listener = Some(now);
            step.replaced = true;
        }
        self.known.elapsed_s = before_s + began.elapsed().as_secs_f64();
        if purpose == Purpose::WarmUp && step.stopped.is_none() {
            self.warmed_up(&finished.run)?;
        }
        self.known.steps.push(step);
        self.evidence.push(seen);
        self.last = Some(finished.run);
        if let Some(seen) = self.evidence.last() {
            tell(Told::Tried { known: &self.known, evidence: seen });
        }
        match finished.trouble.into_iter().find(|trouble| ends(trouble.ending)) {
            Some(failure) => Err(failure),
            None => Ok(true),
        }
    }

    /// What was found.
    pub(super) fn found(self) -> Found {
        Found { known: self.known, evidence: self.evidence, last: self.last }
    }

    /// What little load says: that somebody answers, and how fast.
    fn warmed_up(&mut self, run: &Run) -> Result<(), Failure> {
        if is_silent(run) {
            let text = "no request was answered under little load, so there is nothing to search\nhint: look whether the target answers: `loadline hit -n 1 URL`";
            return Err(Failure::new(Ending::CouldNotRun, text));
        }
        if self.searching.learns_latency {
            learn_latency(&mut self.searching.counting, &mut self.known, run)?;
            self.searching.learns_latency = false;
        }
        Ok(())
    }
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

fn taken((before, at): &(Option<Look>, Instant), listener: Option<&Listener>) -> Option<Taken> {
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
