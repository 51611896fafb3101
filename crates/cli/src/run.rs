//! `loadline run`.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use loadline_report::{
    SummaryOptions, TestState, TrendStat, Users, render, summary, summary_data, summary_export,
};
use loadline_runner::{
    Described, Ending, Ends, Failure, Finished, Interrupts, OutSpec, Rules, Voice, execute, origin,
    outputs_and_history,
};
use loadline_script::compile::{Disk, Files};
use loadline_script::modules::Log;
use loadline_script::options::{Options, SummaryMode};
use loadline_script::program::{Fault, Phases, SummaryFile};
use loadline_units::TimeUnit;

use crate::arguments::{Compat, OptionArguments, OutputArguments, RunArguments};
use crate::input;
use crate::project::find;
use crate::sampling::sampling;
use crate::screen::{self, Screen, ScreenSettings};
use crate::scripted::Scripted;
use crate::session::{Session, Source};
use crate::standard_input::StandardInput;
use crate::trust::OnSaturation;
use crate::unproven::Unproven;

/// How long `handleSummary` may take unless told otherwise.
const SUMMARY_LIMIT: Duration = Duration::from_mins(2);

/// The most bytes of a configuration file.
const LARGEST_CONFIG: u64 = 16 << 20;

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
    let sampling = sampling(&arguments.sampling).ends(Ending::Configuration)?;
    if !sampling.targets.is_empty() {
        source.scraped.clone_from(&sampling.metrics);
    }
    // The init code may print already; that a script names the file itself shows only after it has.
    if let Some(path) = source.text_of("consoleOutput") {
        screen.console_to(|| create(&path)).ends(Ending::Configuration)?;
    }
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    if let Some(url) = &found.project.target.url {
        source.environment.entry("BASE_URL".to_owned()).or_insert_with(|| url.clone());
    }
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let mut session = Session::prepare(&source, &log, &interrupts)?;
    session.judge_by(&found.project, &source);
    if let Some(version) = &arguments.history.target_version {
        session.origin.target_version.clone_from(version);
    }
    for warning in &session.settled.warnings {
        screen.warn(warning);
    }
    if let Some(path) = &session.options().console_output {
        screen.console_to(|| create(path)).ends(Ending::Configuration)?;
    }
    let specs = out_specs(session.options()).ends(Ending::Configuration)?;
    let style = Style::new(&session, outputs)?;

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let ended = runtime.block_on(async {
        let mut kept = None;
        let client = Arc::clone(&session.client);
        origin::add_version(&mut session.origin, &found.project, &client, &*voice).await;
        let mut script = Scripted::new(&session);
        let mut finished = execute(&mut script, &sampling, &voice, &interrupts, |meta| {
            let described = Described { meta, schema: &session.schema, budgets: &session.budgets };
            let history = arguments.history.open(&found);
            let (all, words) = outputs_and_history(&specs, &meta.name, history, described, &*voice)?;
            kept = words;
            anyhow::Ok(all)
        })
        .await?;
        let reporting = Reporting { session: &session, finished: &finished, style: &style };
        let reported = reporting.report(script.setup_data.as_deref(), &screen, &interrupts).await;
        let told = arguments.ci.report(&finished.run, &finished.verdicts);
        let lost = [reported, told].into_iter().filter_map(|told| told.ends(Ending::OutputNotWritten).err());
        finished.trouble.splice(..0, lost);
        for trouble in &finished.trouble {
            screen.error(&trouble.text());
        }
        if let Some(kept) = kept {
            screen.note(&kept);
        }
        let rules = Rules {
            fail_on_unproven: outputs.unproven.or(found.project.judge.unproven_fails) == Unproven::Fail,
            fail_on_saturation: outputs.saturation.on_saturation == OnSaturation::Fail,
        };
        let ending = finished.ending(rules, interrupts.any());
        voice.answer(&finished.answer(ending));
        if session.options().linger == Some(true) {
            screen.note("lingering: interrupt to end");
            interrupts.linger().await;
        }
        Ok(ending)
    });
    // Nothing that a name server or a script holds up is worth waiting for.
    runtime.shutdown_background();
    ended
}

fn create(path: &str) -> Result<File> {
    loadline_report::create_file(Path::new(path)).with_context(|| format!("cannot write `{path}`"))
}

/// What `run` and `inspect` need to prepare a script from the disk.
pub(crate) fn source(
    script: &Path,
    options: &OptionArguments,
    outputs: &OutputArguments,
) -> Result<Source, Failure> {
    let folder =
        std::env::current_dir().context("the working directory is gone").ends(Ending::Configuration)?;
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let config = options
        .config
        .as_ref()
        .map(|path| {
            let text = input::text(path, LARGEST_CONFIG)
                .with_context(|| format!("cannot read the configuration file `{}`", path.display()))?;
            anyhow::Ok((path.display().to_string(), text))
        })
        .transpose()
        .ends(Ending::Configuration)?;
    let (files, entry): (Arc<dyn Files>, PathBuf) = if script == Path::new("-") {
        let typed = StandardInput::read(&folder).ends(Ending::Configuration)?;
        let entry = typed.path().to_path_buf();
        (Arc::new(typed), entry)
    } else {
        (Arc::new(Disk), script.to_path_buf())
    };
    Ok(Source {
        files,
        entry,
        folder,
        environment: crate::flags::environment(options, &variables).ends(Ending::Configuration)?,
        variables,
        config,
        flags: crate::flags::flags(options, outputs),
        allow_no_data: outputs.allow_no_data,
        as_k6: outputs.compat == Some(Compat::K6),
        scraped: Vec::new(),
    })
}

fn out_specs(options: &Options) -> Result<Vec<OutSpec>> {
    options.out.iter().flatten().map(|text| Ok(text.parse()?)).collect()
}

/// How results are written.
struct Style {
    stats: Vec<TrendStat>,
    time_unit: TimeUnit,
    mode: SummaryMode,
    no_color: bool,
}

impl Style {
    fn new(session: &Session, outputs: &OutputArguments) -> Result<Self, Failure> {
        let options = session.options();
        let stats = match &options.summary_trend_stats {
            Some(stats) => TrendStat::parse_list(&stats.0.join(",")).ends(Ending::Configuration)?,
            None => TrendStat::DEFAULT.to_vec(),
        };
        let time_unit = options.summary_time_unit.unwrap_or_default();
        let mode = match options.no_summary {
            Some(true) => SummaryMode::Disabled,
            _ => options.summary_mode.unwrap_or_default(),
        };
        Ok(Self { stats, time_unit, mode, no_color: outputs.no_color })
    }
}

/// A run that is over, and how to say so.
struct Reporting<'a> {
    session: &'a Session,
    finished: &'a Finished,
    style: &'a Style,
}

impl Reporting<'_> {
    async fn report(&self, setup_data: Option<&str>, screen: &Screen, interrupts: &Interrupts) -> Result<()> {
        let Self { session, finished, style } = self;
        if let Some(path) = &session.options().summary_export {
            let export = summary_export(&finished.run, &finished.verdicts, &style.stats);
            write(Path::new(path), serde_json::to_string_pretty(&export)?.as_bytes())?;
        }
        if style.mode == SummaryMode::Disabled {
            return Ok(());
        }
        match self.handle_summary(setup_data, interrupts).await {
            Ok(true) => Ok(()),
            Ok(false) => self.usual_summary(),
            Err(Own::Stopped(fault)) => {
                screen.warn(&format!("handleSummary(): {fault}; this is the usual summary in its place"));
                self.usual_summary()
            }
            Err(Own::Failed(error)) => {
                self.usual_summary()?;
                Err(error)
            }
        }
    }

    fn usual_summary(&self) -> Result<()> {
        let mode = match self.style.mode {
            SummaryMode::Full => loadline_report::SummaryMode::Full,
            SummaryMode::Legacy => loadline_report::SummaryMode::Legacy,
            SummaryMode::Compact | SummaryMode::Disabled => loadline_report::SummaryMode::Compact,
        };
        let options = SummaryOptions {
            mode,
            trend_stats: self.style.stats.clone(),
            time_unit: self.style.time_unit,
            width: screen::result_width(),
        };
        let theme = screen::theme(self.style.no_color, std::io::stdout().is_terminal());
        print(render(&summary(&self.finished.run, &self.finished.verdicts, &options), &theme).as_bytes())
    }

    /// Whether the script has summarised by itself.
    async fn handle_summary(&self, setup_data: Option<&str>, interrupts: &Interrupts) -> Result<bool, Own> {
        let Self { session, finished, style } = self;
        if !session.script.has_function("handleSummary") {
            return Ok(false);
        }
        let state = TestState {
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            no_colour: style.no_color,
            setup_data: setup_data.map(serde_json::from_str).transpose()?,
        };
        let data = summary_data(&finished.run, &finished.verdicts, &style.stats, style.time_unit, &state);
        let limit = session.options().handle_summary_timeout.unwrap_or(SUMMARY_LIMIT);
        let twice_before = interrupts.twice();
        let cut_short = async {
            if twice_before {
                // It is part of the report that a run stopped at once still gets.
                std::future::pending::<()>().await;
            }
            interrupts.second().await;
        };
        let phases = Phases::new(session.script.clone(), Arc::clone(&session.process));
        let files = match phases.handle_summary(&data.to_string(), limit, cut_short).await {
            Ok(Some(files)) => files,
            Ok(None) => return Ok(false),
            Err(fault @ (Fault::TimedOut(_) | Fault::Interrupted)) => return Err(Own::Stopped(fault)),
            Err(fault) => return Err(Error::from(fault).context("handleSummary()").into()),
        };
        for file in files {
            match file {
                SummaryFile::Stdout(bytes) => print(&bytes)?,
                SummaryFile::Stderr(bytes) => {
                    std::io::stderr().write_all(&bytes).context("cannot write to standard error")?;
                }
                SummaryFile::File(path, bytes) => write(&path, &bytes)?,
            }
        }
        Ok(true)
    }
}

/// Why a script's own summary is not there.
enum Own {
    /// It did not end in time, or was not wanted any more.
    Stopped(Fault),
    /// It is wrong, or cannot be written.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Own {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What `--json` prints of a command's result.
pub(crate) fn json_text(value: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Prints to standard output. A reader that has enough, such as `head`, is no error.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}
