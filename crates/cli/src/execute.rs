//! A subject runs from its preparation to its cleaning up; every second measured, judged and shown.
//!
//! The same for everything that can be put under load, a script or a single request: what differs is behind [`Subject`].

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Error;
use loadline_load::{Control, Directive, EngineError, Observer, Outcome, Settings, Stuck, Why};
use loadline_measure::{Host, Run, RunMeta, ScenarioProgress, Window};
use loadline_report::{Event, Phase};
use loadline_verdict::{Budgets, Outcome as Judged, Verdict, brief, first_of, judge, stops};
use tokio::time::Instant;

use crate::capacity::{Capacity, too_few_files};
use crate::exit::Ending;
use crate::failure::{Ends, Failure};
use crate::initialising::Initialising;
use crate::samples::{SampleWriter, SendOutput};
use crate::sampling::{Sampler, SamplingSettings};
use crate::screen::Screen;
use crate::shortfall::{note_dropped, note_idle};
use crate::signals::{Doing, Interrupts};
use crate::subject::{Subject, Terms};
use crate::trust::{doubt, note_folded, note_outcome, note_stuck};

/// A run that is over: measured, judged, written.
pub(crate) struct Finished {
    pub(crate) run: Run,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) ending: Ending,
    /// What went wrong and does not show in the verdicts.
    pub(crate) trouble: Vec<Error>,
}

/// Runs the subject to its end, and samples meanwhile. `open` makes the outputs, once it is known what they describe.
pub(crate) async fn execute<S: Subject>(
    subject: &mut S,
    sampling: &SamplingSettings,
    screen: &Arc<Screen>,
    interrupts: &Interrupts,
    open: impl FnOnce(&RunMeta) -> anyhow::Result<Vec<SendOutput>>,
) -> Result<Finished, Failure> {
    let terms = subject.terms();
    let meta = describe(&terms);
    let outputs = open(&meta).ends(Ending::InvalidConfiguration)?;
    let (sampled, outputs): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|output| output.wants_samples());
    let mut settings = Settings::new(Arc::clone(&terms.schema));
    settings.segment = terms.segment.clone();
    settings.min_iteration_duration = terms.min_iteration_duration;
    settings.workers = terms.workers.unwrap_or(settings.workers);
    let writer = if sampled.is_empty() {
        None
    } else {
        let (sender, writer) = SampleWriter::start(sampled).ends(Ending::Internal)?;
        settings.samples = Some(sender);
        Some(writer)
    };
    if let Some(samples) = &settings.samples {
        subject.stream(samples);
    }
    settings.leave_users = true;
    let control = interrupts.control();
    let mut watch = Watch {
        run: Run::new(meta, Arc::clone(&terms.schema)),
        budgets: &terms.budgets,
        outputs,
        screen,
        sampler: None,
        trouble: Vec::new(),
        second: 0,
        control: control.clone(),
        capacity: Capacity::default(),
        init: Initialising::new(terms.init_limit),
        interrupts,
        grace: terms.plan.longest_grace(),
        refusal: None,
        folded: 0,
    };
    note_idle(&terms.plan, &terms.segment, screen);
    if let Some(warning) = too_few_files(terms.connections) {
        screen.warn(&warning);
    }

    let outcome = match subject.begin(interrupts, screen).await {
        Ok(program) => {
            watch.take(0, &subject.take_window(), &[]);
            let client = Arc::clone(&terms.client);
            let samples = settings.samples.clone();
            watch.sampler = Some(
                Sampler::start(sampling, &terms.schema, client, samples, Arc::clone(screen))
                    .ends(Ending::Internal)?,
            );
            let outcome =
                loadline_load::run(terms.plan.clone(), program, settings, control, &mut watch).await;
            outcome.map_err(engine_failure)
        }
        Err(failure) => {
            drop(settings);
            watch.take(0, &subject.take_window(), &[]);
            Err(failure)
        }
    };

    let mut endings = Vec::new();
    let (mut duration, mut lost) = (None, 0);
    match outcome {
        Ok(outcome) => {
            (duration, lost) = (Some(outcome.duration), outcome.lost_samples);
            note_outcome(&outcome, &mut watch.run, screen);
            note_dropped(&outcome.dropped, screen);
            endings.push(match watch.refusal.take() {
                Some(refusal) => {
                    watch.trouble.push(refusal.error);
                    refusal.ending
                }
                None => ending_of(&outcome, &mut watch.trouble),
            });
        }
        Err(failure) => {
            endings.push(failure.ending);
            watch.trouble.push(failure.error);
        }
    }
    lost += watch.end_sampling();
    // Only the second interrupt, or a run that never began, skips the cleaning up.
    let began = !matches!(endings[0], Ending::SetupTimeout | Ending::ScriptException);
    if began && !interrupts.twice() {
        interrupts.now(Doing::TearingDown);
        if let Err(failure) = subject.end(interrupts, screen).await {
            endings.push(failure.ending);
            watch.trouble.push(failure.error);
        }
        let second = watch.second;
        watch.take(second, &subject.take_window(), &[]);
    }
    interrupts.now(Doing::Reporting);
    lost += subject.end_stream();
    // Rates are per second of the scenarios, whatever setup and teardown took.
    watch.run.duration = duration.unwrap_or(watch.run.duration);
    let verdicts = judge(&watch.run, &terms.budgets);
    watch.finish(writer, lost, &verdicts);
    screen.close();

    if interrupts.any() {
        endings.push(Ending::Signal);
    }
    for failure in subject.own_failures() {
        endings.push(failure.ending);
        watch.trouble.push(failure.error);
    }
    if let Some(failed) = failed_thresholds(&verdicts) {
        endings.push(Ending::ThresholdsFailed);
        screen.error(&format!("{failed}{}", doubt(&watch.run)));
    }
    if let Some(open) = inconclusive_thresholds(&verdicts) {
        screen.warn(&open);
    }
    let ending = endings.into_iter().find(|ending| *ending != Ending::Passed).unwrap_or(Ending::Passed);
    Ok(Finished { run: watch.run, verdicts, ending, trouble: watch.trouble })
}

/// Follows the run on the hub's thread.
struct Watch<'a> {
    run: Run,
    budgets: &'a Budgets,
    outputs: Vec<SendOutput>,
    screen: &'a Arc<Screen>,
    /// While the scenarios run.
    sampler: Option<Sampler>,
    trouble: Vec<Error>,
    second: u64,
    control: Control,
    capacity: Capacity,
    init: Initialising,
    interrupts: &'a Interrupts,
    /// How long iterations under way may take when the run is stopped.
    grace: Duration,
    /// Why the scenarios were not begun.
    refusal: Option<Failure>,
    /// How many of the tags that are no longer told apart were named on the screen.
    folded: usize,
}

impl Watch<'_> {
    /// Adds a window to the run and passes it to the outputs.
    fn take(&mut self, second: u64, window: &Window, progress: &[ScenarioProgress]) {
        self.second = second;
        self.run.push(second, window.clone());
        self.folded += note_folded(&self.run, self.folded, self.screen);
        let event = Event::Second { second, window, run: &self.run, progress };
        let trouble = &mut self.trouble;
        self.outputs.retain_mut(|output| match output.event(&event) {
            Ok(()) => true,
            Err(error) => {
                trouble.push(error.into());
                false
            }
        });
    }

    /// Takes what was sampled last into the last second. How many raw samples found no room.
    fn end_sampling(&mut self) -> u64 {
        match self.sampler.take().map(Sampler::finish) {
            Some(Ok((window, lost))) => {
                if !window.is_empty() {
                    self.take(self.second, &window, &[]);
                }
                lost
            }
            Some(Err(error)) => {
                self.trouble.push(error);
                0
            }
            None => 0,
        }
    }

    /// Closes all outputs. What cannot be written is trouble, and no reason to lose the others.
    fn finish(&mut self, writer: Option<SampleWriter>, lost: u64, verdicts: &[Verdict]) {
        match writer.map(SampleWriter::finish) {
            Some(Ok(written)) => {
                self.outputs.extend(written.outputs);
                self.tell_lost(lost);
                self.trouble.extend(written.errors.into_iter().map(Error::from));
            }
            Some(Err(error)) => self.trouble.push(error),
            None => {}
        }
        for output in &mut self.outputs {
            if let Err(error) = output.finish(&self.run, verdicts) {
                self.trouble.push(error.into());
            }
        }
    }
}

impl Watch<'_> {
    /// Tells the outputs how many samples never reached them.
    fn tell_lost(&mut self, lost: u64) {
        if lost == 0 {
            return;
        }
        for output in &mut self.outputs {
            if let Err(error) = output.event(&Event::Lost(lost)) {
                self.trouble.push(error.into());
            }
        }
    }
}

impl Observer for Watch<'_> {
    fn initialising(&mut self, done: u64, total: u64) {
        self.screen.phase(Phase::Initialising { done, total });
        if done == total {
            self.interrupts.now(Doing::Iterating(self.grace));
            self.screen.phase(Phase::Running);
        } else if self.refusal.is_none() {
            let too_small = || {
                let why = self.capacity.refuses(done, total)?;
                Some(Failure::new(Ending::InvalidConfiguration, why))
            };
            self.refusal = self.init.refuses(done, total, Instant::now()).or_else(too_small);
            if self.refusal.is_some() {
                self.control.stop_now();
            }
        }
    }

    fn stuck(&mut self, stuck: &Stuck) {
        note_stuck(stuck, self.screen);
    }

    fn second(&mut self, second: u64, mut window: Window, progress: &[ScenarioProgress]) -> Directive {
        if let Some(sampler) = &self.sampler {
            window.merge(sampler.take_window());
        }
        self.screen.second(Duration::from_secs(second + 1), self.run.schema(), &window, progress);
        self.take(second, &window, progress);
        match stops(&self.run, self.budgets) {
            Some(verdict) => Directive::Stop(format!(
                "threshold `{}` on `{}` failed: {}",
                verdict.expression, verdict.selector, verdict.evidence
            )),
            None => Directive::Continue,
        }
    }
}

/// So many thresholds are named in one line.
const NAMED: usize = 10;

/// The exit code's reason, for logs without a summary.
fn failed_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.fails)
        .map(|verdict| {
            let no_data = if verdict.outcome == Judged::NoData { " (no data)" } else { "" };
            brief(&format!("`{}` on `{}`{no_data}", verdict.expression, verdict.selector))
        })
        .collect();
    match failed.len() {
        0 => None,
        1 => Some(format!("a threshold failed: {}", failed[0])),
        count => Some(format!("{count} thresholds failed: {}", first_of(&failed, NAMED, ", "))),
    }
}

/// What was not decided: it fails nothing, and must not pass for a pass.
fn inconclusive_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let open: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Judged::Inconclusive)
        .map(|verdict| brief(&format!("`{}` on `{}`", verdict.expression, verdict.selector)))
        .collect();
    match open.len() {
        0 => None,
        1 => Some(format!("1 threshold is inconclusive: {}", open[0])),
        count => Some(format!("{count} thresholds are inconclusive: {}", first_of(&open, NAMED, ", "))),
    }
}

fn engine_failure(error: EngineError) -> Failure {
    let ending = match &error {
        EngineError::Plan(_) | EngineError::Schema(_) => Ending::InvalidConfiguration,
        EngineError::Vu { .. } => Ending::ScriptException,
        EngineError::Panic { .. } | EngineError::Start { .. } | EngineError::Unaccounted(_) => {
            Ending::Internal
        }
    };
    Failure { ending, error: error.into() }
}

fn ending_of(outcome: &Outcome, trouble: &mut Vec<Error>) -> Ending {
    match &outcome.why {
        Why::Finished => Ending::Passed,
        Why::Stopped | Why::StoppedNow => Ending::Signal,
        Why::Aborted(reason) => {
            trouble.push(Error::msg(reason.clone()));
            Ending::Aborted
        }
        Why::Observer(reason) => {
            trouble.push(Error::msg(format!("stopped early: {reason}")));
            Ending::ThresholdsFailed
        }
    }
}

fn describe(terms: &Terms) -> RunMeta {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RunMeta {
        name: terms.name.clone(),
        started_unix_ms: started.as_millis() as i64,
        options: terms.options.clone(),
        thresholds: terms.budgets.budgets.iter().map(|budget| budget.text.clone()).collect(),
        allow_no_data: terms.budgets.allow_no_data,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: Host {
            name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
            memory_bytes: crate::processor::memory_bytes(),
        },
        origin: terms.origin.clone(),
        endpoints: terms.budgets.endpoints.texts(),
        budgets: terms.budgets.project.iter().map(|budget| budget.text.clone()).collect(),
        ..RunMeta::default()
    }
}
