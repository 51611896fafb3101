//! A prepared script runs: setup, scenarios, teardown; every second measured, judged and shown.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Error;
use loadline_load::{Control, Directive, EngineError, Observer, Outcome, Settings, Why};
use loadline_measure::{Host, Run, RunMeta, ScenarioProgress, Window};
use loadline_report::{Event, Phase};
use loadline_script::program::{Fault, Phases, ScriptProgram};
use loadline_verdict::{Budgets, Outcome as Judged, Verdict, judge};

use crate::exit::Ending;
use crate::failure::{Ends, Failure};
use crate::samples::{SampleWriter, SendOutput};
use crate::sampling::{Sampler, SamplingSettings};
use crate::screen::Screen;
use crate::session::Session;
use crate::signals::Interrupts;

/// How long `setup` and `teardown` may take unless told otherwise.
const PHASE_LIMIT: Duration = Duration::from_mins(1);

/// A run that is over: measured, judged, written.
pub(crate) struct Finished {
    pub(crate) run: Run,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) ending: Ending,
    pub(crate) setup_data: Option<String>,
    pub(crate) interrupts: Interrupts,
    /// What went wrong and does not show in the verdicts.
    pub(crate) trouble: Vec<Error>,
}

/// Runs the session to its end, and samples meanwhile. `open` makes the outputs, once it is known what they describe.
pub(crate) async fn execute(
    session: &Session,
    sampling: &SamplingSettings,
    screen: &Arc<Screen>,
    open: impl FnOnce(&RunMeta) -> anyhow::Result<Vec<SendOutput>>,
) -> Result<Finished, Failure> {
    let meta = describe(session);
    let outputs = open(&meta).ends(Ending::InvalidConfiguration)?;
    let (sampled, outputs): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|output| output.wants_samples());
    let mut settings = Settings::new(Arc::clone(&session.schema));
    settings.stripe = session.settled.stripe();
    settings.min_iteration_duration = session.options().min_iteration_duration.unwrap_or_default();
    let writer = if sampled.is_empty() {
        None
    } else {
        let (sender, writer) = SampleWriter::start(sampled).ends(Ending::Internal)?;
        settings.samples = Some(sender);
        Some(writer)
    };

    let phases = Phases::new(session.script.clone(), Arc::clone(&session.process));
    if let Some(samples) = &settings.samples {
        phases.stream(samples.clone());
    }
    let control = Control::new();
    let grace = session.settled.plan.longest_grace();
    let interrupts = Interrupts::listen(control.clone(), Arc::clone(screen), grace).ends(Ending::Internal)?;
    let mut watch = Watch {
        run: Run::new(meta, Arc::clone(&session.schema)),
        budgets: &session.budgets,
        outputs,
        screen,
        sampler: None,
        trouble: Vec::new(),
        second: 0,
    };

    let (outcome, setup_data) = match setup(session, &phases, &interrupts, screen).await {
        Ok(data) => {
            watch.take(0, &phases.take_window(), &[]);
            let program = Arc::new(ScriptProgram::new(
                session.script.clone(),
                Arc::clone(&session.process),
                data.clone(),
                session.sharing(),
            ));
            let client = Arc::clone(&session.client);
            let samples = settings.samples.clone();
            watch.sampler = Some(
                Sampler::start(sampling, &session.schema, client, samples, Arc::clone(screen))
                    .ends(Ending::Internal)?,
            );
            let outcome =
                loadline_load::run(session.settled.plan.clone(), program, settings, control, &mut watch)
                    .await;
            (outcome.map_err(engine_failure), data)
        }
        Err(failure) => {
            drop(settings);
            watch.take(0, &phases.take_window(), &[]);
            (Err(failure), None)
        }
    };

    let mut endings = Vec::new();
    let (mut duration, mut lost) = (None, 0);
    match outcome {
        Ok(outcome) => {
            (duration, lost) = (Some(outcome.duration), outcome.lost_samples);
            note_outcome(&outcome, &mut watch);
            endings.push(ending_of(&outcome, &mut watch.trouble));
        }
        Err(failure) => {
            endings.push(failure.ending);
            watch.trouble.push(failure.error);
        }
    }
    lost += watch.end_sampling();
    // Only the second interrupt, or a run that never began, skips the cleaning up.
    let began = !matches!(endings[0], Ending::SetupTimeout | Ending::ScriptException);
    if began && !interrupts.twice() && !session.options().no_teardown.unwrap_or(false) {
        endings.extend(
            teardown(session, &phases, setup_data.as_deref(), &interrupts, screen, &mut watch.trouble).await,
        );
        let second = watch.second;
        watch.take(second, &phases.take_window(), &[]);
    }
    lost += phases.end_stream();
    // Rates are per second of the scenarios, whatever setup and teardown took.
    watch.run.duration = duration.unwrap_or(watch.run.duration);
    let verdicts = judge(&watch.run, &session.budgets);
    watch.finish(writer, lost, &verdicts);
    screen.close();

    if interrupts.any() {
        endings.push(Ending::Signal);
    }
    if let Some(reason) = session.process.failure() {
        watch.trouble.push(Error::msg(format!("the script marked the test as failed: {reason}")));
        endings.push(Ending::MarkedFailed);
    }
    if let Some(failed) = failed_thresholds(&verdicts) {
        endings.push(Ending::ThresholdsFailed);
        screen.error(&failed);
    }
    if let Some(open) = inconclusive_thresholds(&verdicts) {
        screen.warn(&open);
    }
    let ending = endings.into_iter().find(|ending| *ending != Ending::Passed).unwrap_or(Ending::Passed);
    Ok(Finished { run: watch.run, verdicts, ending, setup_data, interrupts, trouble: watch.trouble })
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
}

impl Watch<'_> {
    /// Adds a window to the run and passes it to the outputs.
    fn take(&mut self, second: u64, window: &Window, progress: &[ScenarioProgress]) {
        self.second = second;
        self.run.push(second, window.clone());
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
            self.screen.phase(Phase::Running);
        }
    }

    fn second(&mut self, second: u64, mut window: Window, progress: &[ScenarioProgress]) -> Directive {
        if let Some(sampler) = &self.sampler {
            window.merge(sampler.take_window());
        }
        self.screen.second(Duration::from_secs(second + 1), self.run.schema(), &window, progress);
        self.take(second, &window, progress);
        if !self.budgets.budgets.iter().any(|budget| budget.text.abort_on_fail) {
            return Directive::Continue;
        }
        match judge(&self.run, self.budgets).into_iter().find(|verdict| verdict.abort) {
            Some(verdict) => Directive::Stop(format!(
                "threshold `{}` on `{}` failed: {}",
                verdict.expression, verdict.selector, verdict.evidence
            )),
            None => Directive::Continue,
        }
    }
}

async fn setup(
    session: &Session,
    phases: &Phases,
    interrupts: &Interrupts,
    screen: &Screen,
) -> Result<Option<String>, Failure> {
    if !session.script.has_function("setup") || session.options().no_setup.unwrap_or(false) {
        return Ok(None);
    }
    screen.phase(Phase::Setup);
    let limit = session.options().setup_timeout.unwrap_or(PHASE_LIMIT);
    phases
        .setup(limit, interrupts.first())
        .await
        .map_err(|fault| phase_failure("setup()", &fault, Ending::SetupTimeout))
}

async fn teardown(
    session: &Session,
    phases: &Phases,
    setup_data: Option<&str>,
    interrupts: &Interrupts,
    screen: &Screen,
    trouble: &mut Vec<Error>,
) -> Option<Ending> {
    if !session.script.has_function("teardown") {
        return None;
    }
    screen.phase(Phase::Teardown);
    let limit = session.options().teardown_timeout.unwrap_or(PHASE_LIMIT);
    let fault = phases.teardown(setup_data, limit, interrupts.second()).await.err()?;
    let failure = phase_failure("teardown()", &fault, Ending::TeardownTimeout);
    trouble.push(failure.error);
    Some(failure.ending)
}

fn phase_failure(phase: &str, fault: &Fault, timeout: Ending) -> Failure {
    let ending = match fault {
        Fault::Exception(_) => Ending::ScriptException,
        Fault::TimedOut(_) => timeout,
        Fault::Aborted(_) => Ending::Aborted,
        Fault::Interrupted => Ending::Signal,
    };
    Failure::new(ending, format!("{phase}: {fault}"))
}

/// The exit code's reason, for logs without a summary.
fn failed_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.fails)
        .map(|verdict| {
            let no_data = if verdict.outcome == Judged::NoData { " (no data)" } else { "" };
            format!("`{}` on `{}`{no_data}", verdict.expression, verdict.selector)
        })
        .collect();
    match failed.len() {
        0 => None,
        1 => Some(format!("a threshold failed: {}", failed[0])),
        count => Some(format!("{count} thresholds failed: {}", failed.join(", "))),
    }
}

/// What was not decided: it fails nothing, and must not pass for a pass.
fn inconclusive_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let open: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Judged::Inconclusive)
        .map(|verdict| format!("`{}` on `{}`", verdict.expression, verdict.selector))
        .collect();
    match open.len() {
        0 => None,
        1 => Some(format!("1 threshold is inconclusive: {}", open[0])),
        count => Some(format!("{count} thresholds are inconclusive: {}", open.join(", "))),
    }
}

fn engine_failure(error: EngineError) -> Failure {
    let ending = match &error {
        EngineError::Plan(_) | EngineError::Schema(_) => Ending::InvalidConfiguration,
        EngineError::Vu { .. } => Ending::ScriptException,
        EngineError::Panic { .. } | EngineError::Start { .. } => Ending::Internal,
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

/// Keeps what the engine says of itself with the run.
fn note_outcome(outcome: &Outcome, watch: &mut Watch<'_>) {
    let generator = &outcome.generator;
    if generator.is_saturated() {
        let text = format!(
            "the load generator was saturated: {:.2} of {} cores, event loops {:.1} ms late on average; its own delay is in the measurements",
            generator.cores(),
            generator.workers,
            generator.loop_lag_mean.as_secs_f64() * 1000.0
        );
        watch.screen.warn(&text);
        watch.run.meta.annotations.insert("generator_saturated".to_owned(), text);
    }
    if !outcome.unresponsive.is_empty() {
        watch.screen.warn(&format!(
            "{} of the worker threads did not answer at the end, because an iteration never yielded; what they measured in their last second is missing",
            outcome.unresponsive.len()
        ));
    }
}

fn describe(session: &Session) -> RunMeta {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RunMeta {
        name: session.script.entry().to_owned(),
        started_unix_ms: started.as_millis() as i64,
        options: session.settled.json.clone(),
        thresholds: session.budgets.budgets.iter().map(|budget| budget.text.clone()).collect(),
        allow_no_data: session.budgets.allow_no_data,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: Host {
            name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
            memory_bytes: crate::processor::memory_bytes(),
        },
        ..RunMeta::default()
    }
}
