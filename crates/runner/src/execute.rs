//! A subject runs from its preparation to its cleaning up; every second measured, judged and shown.
//!
//! The same for everything that can be put under load, a script or a single request: what differs is behind
//! [`Subject`].

use std::sync::Arc;

use loadline_ledger::explain;
use loadline_load::{Settings, Why};
use loadline_measure::{EventKind, Host, Origin, Run, RunMeta, describe_caches};
use loadline_secrets::{mask_json, masked};
use loadline_verdict::{Incomplete, judge_whole};

use crate::conclude::{Finished, engine_failure, stopped_by};
use crate::ending::Ending;
use crate::events::planned;
use crate::failure::{Cause, Ends, Failure};
use crate::initialising::Initialising;
use crate::machine::{Capacity, memory_bytes, too_few_files};
use crate::samples::{SampleWriter, SendOutput};
use crate::sampling::{Database, Sampler, SamplingSettings, describe_database};
use crate::shortfall::{note_dropped, note_idle};
use crate::signals::{Doing, Interrupts};
use crate::steered::note_deeds;
use crate::subject::{Subject, Terms};
use crate::tracing::Tracing;
use crate::trust::note_outcome;
use crate::voice::Voice;
use crate::watch::Watch;

/// Runs the subject to its end, and samples meanwhile. `open` makes the outputs, once it is known what they describe.
///
/// # Errors
/// When it cannot begin. Whatever goes wrong later is trouble of a run that is [`Finished`].
pub async fn execute<S: Subject, E: Into<Cause>>(
    subject: &mut S,
    sampling: &SamplingSettings,
    voice: &Arc<dyn Voice>,
    interrupts: &Interrupts,
    open: impl FnOnce(&RunMeta) -> Result<Vec<SendOutput>, E>,
) -> Result<Finished, Failure> {
    let terms = subject.terms();
    let mut meta = describe(&terms);
    meta.events = planned(&terms.plan);
    if sampling.database.is_some() {
        describe_database(&mut meta);
    }
    let outputs = open(&meta).ends(Ending::Configuration)?;
    let (sampled, outputs): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|output| output.wants_samples());
    let mut settings = Settings::new(Arc::clone(&terms.schema));
    settings.segment = terms.segment.clone();
    settings.min_iteration_duration = terms.min_iteration_duration;
    settings.workers = terms.workers.unwrap_or(settings.workers);
    let writer = if sampled.is_empty() {
        None
    } else {
        let (sender, writer) = SampleWriter::start(sampled).ends(Ending::CouldNotRun)?;
        settings.samples = Some(sender);
        Some(writer)
    };
    if let Some(samples) = &settings.samples {
        subject.stream(samples);
    }
    settings.leave_users = terms.leave_users;
    let control = interrupts.control();
    let mut watch = Watch {
        run: Run::new(meta, Arc::clone(&terms.schema)),
        budgets: &terms.budgets,
        outputs,
        voice: &**voice,
        sampler: None,
        database: None,
        cost: None,
        trouble: Vec::new(),
        second: 0,
        control: control.clone(),
        capacity: Capacity::default(),
        init: Initialising::new(terms.init_limit),
        interrupts,
        grace: terms.plan.longest_grace(),
        refusal: None,
        folded: 0,
        stuck_hint: terms.stuck_hint,
    };
    note_idle(&terms.plan, &terms.segment, &**voice);
    if let Some(warning) = too_few_files(terms.connections) {
        voice.warn(&warning);
    }

    if let Some(settings) = &sampling.database {
        let database = Database::start(settings, &terms.schema, &terms.budgets, voice)?;
        watch.database = Some(database);
    }

    let mut tracing = Tracing::new(sampling.traces.as_ref());
    // A script that ends the run in its setup has set up nothing that could be taken down.
    let mut ended_itself = false;
    let outcome = match subject.begin(interrupts, &**voice).await {
        Ok(program) => {
            watch.take(0, &subject.take_window(), &[]);
            let client = Arc::clone(&terms.client);
            let samples = settings.samples.clone();
            watch.sampler = Some(
                Sampler::start(sampling, &terms.schema, client, samples, Arc::clone(voice))
                    .ends(Ending::CouldNotRun)?,
            );
            if let Some(database) = &watch.database {
                database.begin();
            }
            settings.traces = tracing.begin(&terms.client, &terms.schema);
            let outcome =
                loadline_load::run(terms.plan.clone(), program, settings, control.clone(), &mut watch).await;
            note_deeds(&control, &mut watch.run, &**voice);
            outcome.map_err(engine_failure)
        }
        Err(failure) => {
            drop(settings);
            watch.take(0, &subject.take_window(), &[]);
            ended_itself = failure.ending == Ending::Aborted;
            Err(failure)
        }
    };

    tracing.load_is_over();
    let mut came_to = Vec::new();
    let (mut duration, mut lost) = (None, 0);
    match outcome {
        Ok(outcome) => {
            (duration, lost) = (Some(outcome.duration), outcome.lost_samples);
            note_outcome(&outcome, &mut watch.run, &**voice);
            note_dropped(&outcome.dropped, &terms.plan, &watch.run, &**voice);
            let stopped = matches!(outcome.why, Why::Stopped | Why::StoppedNow) && watch.refusal.is_none();
            came_to.extend(stopped.then(|| stopped_from_outside(interrupts)));
            let failure = watch.refusal.take().or_else(|| stopped_by(&outcome.why));
            watch.trouble_by(failure, &mut came_to);
        }
        Err(mut failure) => {
            if failure.ending == Ending::Signal {
                failure.ending = stopped_from_outside(interrupts);
            }
            watch.trouble_by(Some(failure), &mut came_to);
        }
    }
    lost += watch.end_sampling();
    watch.end_database();
    // Only the second interrupt, or a run that never began, skips the cleaning up.
    let began =
        !ended_itself && !matches!(came_to.first(), Some(Ending::SetupTimeout | Ending::ScriptException));
    if began && !interrupts.twice() {
        interrupts.now(Doing::TearingDown);
        let failure = subject.end(interrupts, &**voice).await.err();
        watch.trouble_by(failure, &mut came_to);
        let second = watch.second;
        watch.take(second, &subject.take_window(), &[]);
    }
    let was_stopped = interrupts.any();
    if let Some(told) = tracing.finish(&mut watch.run.meta, interrupts, &**voice).await {
        watch.take(watch.second, &told, &[]);
    }
    if !was_stopped {
        // Who did not want to wait for the last spans did not stop the run.
        interrupts.forgive();
    }
    interrupts.now(Doing::Reporting);
    lost += subject.end_stream();
    // Rates are per second of the scenarios, whatever setup and teardown took.
    watch.run.duration = duration.unwrap_or(watch.run.duration);
    describe_caches(&mut watch.run);
    watch.run.meta.interrupted = ended_early(&came_to, interrupts.any()).map(str::to_owned);
    if let Some(why) = watch.run.meta.interrupted.clone() {
        let ended = watch.run.duration;
        watch.run.meta.events.add(ended, EventKind::Abort, &format!("ended {why}"));
    }
    let mut verdicts = judge_whole(&watch.run, &terms.budgets, Incomplete::Fails);
    explain(&mut verdicts, &watch.run);
    watch.finish(writer, lost, &verdicts);
    voice.close();

    came_to.extend(interrupts.any().then_some(Ending::Signal));
    for failure in subject.own_failures() {
        watch.trouble_by(Some(failure), &mut came_to);
    }
    let came_to = came_to.into_iter().next().unwrap_or(Ending::Passed);
    Ok(Finished { run: watch.run, verdicts, came_to, trouble: watch.trouble, database: watch.cost })
}

/// Whoever stopped it: a signal, or a person at its control.
fn stopped_from_outside(interrupts: &Interrupts) -> Ending {
    let by_hand = interrupts.control().was_stopped_by_hand() && !interrupts.any();
    if by_hand { Ending::StoppedByApi } else { Ending::Signal }
}

/// What ended a run before its time, as words that follow `interrupted`.
fn ended_early(came_to: &[Ending], stopped: bool) -> Option<&'static str> {
    let early = came_to.iter().find_map(|ending| match ending {
        Ending::Signal => Some("by a signal"),
        Ending::Failed => Some("by a threshold that failed"),
        Ending::Aborted => Some("by its script"),
        Ending::ScriptException => Some("by an exception"),
        Ending::SetupTimeout => Some("by a setup() that took too long"),
        Ending::StoppedByApi => Some("by hand"),
        Ending::Configuration | Ending::CouldNotRun => Some("because it could not go on"),
        // All of the load was made.
        Ending::Passed
        | Ending::OutputNotWritten
        | Ending::Saturated
        | Ending::TeardownTimeout
        | Ending::MarkedFailed => None,
    });
    early.or(stopped.then_some("by a signal"))
}

fn describe(terms: &Terms) -> RunMeta {
    let started = loadline_measure::unix_time();
    RunMeta {
        name: masked(&terms.name).into_owned(),
        id: format!("{:032x}", rand::random::<u128>()),
        started_unix_ms: started.as_millis() as i64,
        options: without_secrets(&terms.options),
        thresholds: terms.budgets.budgets.iter().map(|budget| budget.text.clone()).collect(),
        allow_no_data: terms.budgets.allow_no_data,
        as_k6: terms.budgets.as_k6,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: Host {
            name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
            memory_bytes: memory_bytes(),
        },
        origin: Origin {
            target: masked(&terms.origin.target).into_owned(),
            target_version: masked(&terms.origin.target_version).into_owned(),
            ..terms.origin.clone()
        },
        endpoints: terms.budgets.endpoints.texts(),
        budgets: terms.budgets.project.iter().map(|budget| budget.text.clone()).collect(),
        ..RunMeta::default()
    }
}

/// Options as they are kept: no value of a script's environment, and nothing else that is secret.
fn without_secrets(options: &str) -> String {
    match serde_json::from_str(options) {
        Ok(mut value) => {
            mask_json(&mut value);
            value.to_string()
        }
        Err(_) => masked(options).into_owned(),
    }
}
