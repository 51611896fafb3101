//! From arguments to an exit code: replicas up, the prediction, the load on them, one table.

use std::sync::Arc;

use anyhow::{Context, Result};
use loadline_demo::scaled::{Drive, DriveSettings, Going, ReplicaSettings, Spread};
use loadline_measure::{Run, RunMeta};
use loadline_report::{Content, check_file};
use loadline_runner::{
    Ending, Ends, Failure, Interrupts, Rules, SamplingSettings, SendOutput, Voice, execute,
};
use loadline_scale::drive::predict;
use loadline_script::modules::Log;
use loadline_scripted::{Scripted, Session};
use loadline_verdict::{Budgets, judge_claim};

use super::super::arguments::{BalanceArgument, JudgingArguments};
use super::super::judged;
use super::super::kept::write_day;
use super::arguments::DriveArguments;
use super::drove::Drove;
use super::facts::claims;
use super::kept::Metrics;
use super::load::source;
use super::plan::Planned;
use super::words;
use crate::common::limits::enough_threads;
use crate::common::{OnSaturation, Screen, ScreenSettings, finish};

/// So many simulations, of which the middle one is the prediction: one alone is as much chance as the drive itself.
const SIMULATIONS: u64 = 9;

/// Drives a policy.
pub(crate) fn drive(arguments: &DriveArguments) -> Result<Ending, Failure> {
    loadline_runner::raise_descriptor_limit();
    enough_threads()?;
    arguments.ci.check().ends(Ending::OutputNotWritten)?;
    if let Some(path) = &arguments.output {
        check_file(path, Content::Run)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::OutputNotWritten)?;
    }
    let judging = JudgingArguments {
        budgets: arguments.budgets.clone(),
        over: arguments.over,
        replica_price: None,
        node_price: None,
    };
    judged::check(&judging).ends(Ending::Configuration)?;
    let mut planned = Planned::of(arguments).ends(Ending::Configuration)?;
    let screen = Arc::new(Screen::new(ScreenSettings::of_own_load(arguments.quiet, arguments.no_color)));
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    for doubt in planned.doubts() {
        screen.warn(&doubt);
    }

    let replicas = DriveSettings {
        replica: ReplicaSettings { workers: arguments.workers, work: arguments.work },
        initial: planned.scenario.initial,
        listen: arguments.listen,
        spread: match arguments.balance {
            BalanceArgument::Random => Spread::Random,
            BalanceArgument::TwoChoices => Spread::TwoChoices,
        },
    };
    let begun = Drive::begin(replicas, || interrupts.any()).ends(Ending::CouldNotRun)?;
    let Some(mut drive) = begun else {
        return Err(Failure::new(Ending::Signal, "stopped by a signal: no load was made"));
    };
    let start = planned.settle_start(drive.slowest_start());
    let prediction =
        predict(&planned.scenario, &planned.policy, planned.pace, SIMULATIONS).ends(Ending::CouldNotRun)?;
    screen.note(&words::begins(&planned, &prediction, start, drive.url()));

    let log: Arc<dyn Log> = Arc::clone(&screen) as Arc<dyn Log>;
    let source = source(&planned.load, arguments.work, drive.url());
    let mut session = Session::prepare(&source, &log, &interrupts)?;
    session.budgets = budgets(&session, &judging).ends(Ending::Configuration)?;
    let metrics = Metrics::define(&session.schema).ends(Ending::CouldNotRun)?;
    drive.go(Going {
        policy: planned.policy.clone(),
        pace: planned.pace,
        request_milli: planned.scenario.request_milli,
        workers: u32::from(arguments.workers),
        start,
        kill_one_at: arguments.kill_one_at,
        next_never_ready: arguments.next_never_ready,
    });
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let sampling = SamplingSettings::default();
    let mut script = Scripted::new(&session);
    let load = execute(&mut script, &sampling, &voice, &interrupts, |_| anyhow::Ok(Vec::<SendOutput>::new()));
    let mut finished = runtime.block_on(load)?;
    let driven = drive.end().ends(Ending::CouldNotRun)?;

    finished.run.meta.name.clone_from(&planned.what);
    metrics.add(&mut finished.run, &driven, &prediction, planned.pace);
    if finished.came_to != Ending::Signal {
        let claims = claims(&driven, planned.scenario.initial);
        finished.verdicts.extend(claims.iter().map(|claim| judge_claim(&finished.run, claim)));
    }
    let written = write_day(arguments.output.as_deref(), &finished.run);
    let reported = arguments.ci.report(&finished.run, &finished.verdicts, None);
    let drove = Drove { planned: &planned, prediction: &prediction, driven: &driven, finished: &finished };
    let told = words::report(arguments, &drove);
    let rules = Rules {
        fail_on_unproven: false,
        fail_on_saturation: arguments.saturation.on_saturation == OnSaturation::Fail,
    };
    let kept = arguments.output.as_ref().map(|path| format!("run kept in {}", path.display()));
    let kept = kept.filter(|_| written.is_ok());
    Ok(finish(&screen, &mut finished, [told, written, reported], kept.as_deref(), rules, &interrupts))
}

/// What the load is judged by, in the run's own schema.
fn budgets(session: &Session, judging: &JudgingArguments) -> Result<Budgets> {
    let meta = RunMeta { budgets: judged::texts(judging), ..RunMeta::default() };
    let budgets = Budgets::of_run(&Run::new(meta, Arc::clone(&session.schema)))?;
    budgets.register(&session.schema);
    Ok(budgets)
}
