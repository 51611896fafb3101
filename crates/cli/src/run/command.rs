//! From arguments to an exit code.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use loadline_report::{Content, Users, check_file};
use loadline_runner::{
    Described, Ending, Ends, Failure, Interrupts, KeptRun, OutSpec, Rules, Voice, execute, origin,
    outputs_and_history,
};
use loadline_script::modules::Log;
use loadline_script::options::Options;
use loadline_scripted::{Scripted, Session};

use super::arguments::RunArguments;
use super::setup::SetupSlot;
use super::source::source;
use super::summary::{Reporting, Style};
use crate::common::{OnSaturation, Screen, ScreenSettings, Unproven, database, find, finish, sampling};

/// Runs the script and reports. What went wrong is said on standard error.
pub(crate) fn run(arguments: &RunArguments) -> Result<Ending, Failure> {
    loadline_runner::raise_descriptor_limit();
    let outputs = &arguments.outputs;
    let settings = ScreenSettings {
        quiet: outputs.quiet,
        no_color: outputs.no_color,
        verbose: outputs.verbose,
        latency: None,
        users: Users::Vus,
    };
    let screen = Arc::new(Screen::new(settings));
    let log: Arc<dyn Log> = Arc::clone(&screen) as Arc<dyn Log>;
    let mut source = source(&arguments.script, &arguments.options, outputs)?;
    let mut sampling = sampling(&arguments.sampling).ends(Ending::Configuration)?;
    if !sampling.targets.is_empty() {
        source.scraped.clone_from(&sampling.metrics);
    }
    // The init code may print already; that a script names the file itself shows only after it has.
    if let Some(path) = source.text_of("consoleOutput") {
        screen.console_to(|| create(&path)).ends(Ending::Configuration)?;
    }
    let mut found = find(&arguments.around.project).ends(Ending::Configuration)?;
    arguments.sampling.database.take_place_in(&mut found);
    database::follow(&mut sampling, &found).ends(Ending::Configuration)?;
    source.database = sampling.database.is_some();
    source.edge = found.project.edge.clone();
    if let Some(url) = &found.project.target.url {
        source.environment.entry("BASE_URL".to_owned()).or_insert_with(|| url.clone());
    }
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let mut session = Session::prepare(&source, &log, &interrupts)?;
    session.judge_by(&found.project, &source);
    if let Some(version) = &arguments.around.history.target_version {
        session.origin.target_version.clone_from(version);
    }
    for warning in &session.settled.warnings {
        screen.warn(warning);
    }
    if let Some(path) = &session.options().console_output {
        screen.console_to(|| create(path)).ends(Ending::Configuration)?;
    }
    let specs = out_specs(session.options()).ends(Ending::Configuration)?;
    // What is written at the end is known to be in the way now.
    arguments.around.ci.check().ends(Ending::Configuration)?;
    if let Some(path) = &session.options().summary_export {
        let checked = check_file(Path::new(path), Content::Summary);
        checked.with_context(|| format!("cannot write `{path}`")).ends(Ending::Configuration)?;
    }
    let style = Style::new(&session, outputs, &specs)?;
    sampling.traces = arguments.traces.open(&screen)?;
    let setup = SetupSlot::default();
    let steering = arguments.steering.open(&interrupts, Some(Box::new(setup.clone())), &screen)?;
    if session.options().paused == Some(true) {
        hold(steering.is_some(), &interrupts, &screen).ends(Ending::CouldNotRun)?;
    }
    let watched = arguments.ui.open(&screen, steering.as_ref())?;

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let ended = runtime.block_on(async {
        let mut kept: Option<KeptRun> = None;
        let client = Arc::clone(&session.client);
        origin::add_version(&mut session.origin, &found.project, &client, &*voice).await;
        let mut script = Scripted::new(&session).telling(&setup.0);
        let mut finished = execute(&mut script, &sampling, &voice, &interrupts, |meta| {
            let described = Described { meta, schema: &session.schema, budgets: &session.budgets };
            let history = arguments.around.history.open(&found, &interrupts);
            let (mut all, where_kept) = outputs_and_history(&specs, &meta.name, history, described, &*voice)?;
            kept = where_kept;
            all.extend(arguments.around.events.output()?);
            let page = watched.as_ref();
            all.extend(page.map(|page| page.output(meta, &session.schema, &session.budgets, false)));
            let steered = steering.as_ref();
            all.extend(steered.map(|steered| steered.output(meta, &session.schema, &session.budgets)));
            anyhow::Ok(all)
        })
        .await?;
        let reporting = Reporting { session: &session, finished: &finished, style: &style };
        let reported = reporting.report(script.setup_data.as_deref(), &screen, &interrupts).await;
        let told = arguments.around.ci.report(&finished.run, &finished.verdicts, Some(&found));
        let rules = Rules {
            fail_on_unproven: outputs.unproven.or(found.project.judge.unproven_fails) == Unproven::Fail,
            fail_on_saturation: outputs.saturation.on_saturation == OnSaturation::Fail,
        };
        let kept = kept.and_then(|kept| kept.words());
        let ending = finish(&screen, &mut finished, [reported, told], kept.as_deref(), rules, &interrupts);
        if session.options().linger == Some(true) {
            screen.note("lingering: interrupt to end");
            interrupts.linger().await;
        }
        Ok(ending)
    });
    if let Some(watched) = watched {
        watched.close(&screen);
    }
    if let Some(steering) = steering {
        steering.close();
    }
    // Nothing that a name server or a script holds up is worth waiting for.
    runtime.shutdown_background();
    ended
}

/// Holds a run before its start, where somebody can let it go.
fn hold(can_be_resumed: bool, interrupts: &Interrupts, screen: &Screen) -> Result<()> {
    if can_be_resumed {
        interrupts.control().pause()?;
    } else {
        screen.warn(
            "`paused` has no effect without `--address`: nothing could resume the run, so it starts at once",
        );
    }
    Ok(())
}

fn create(path: &str) -> Result<File> {
    loadline_report::append_file(Path::new(path), Content::Text)
        .with_context(|| format!("cannot write `{path}`"))
}

fn out_specs(options: &Options) -> Result<Vec<OutSpec>> {
    options.out.iter().flatten().map(|text| Ok(text.parse()?)).collect()
}
