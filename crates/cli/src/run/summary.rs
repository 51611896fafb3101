//! What is said of a script's run when it is over: its own summary, or the usual one.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use loadline_report::{
    Content, SummaryOptions, TestState, TrendStat, replace_file, summary, summary_data, summary_export,
};
use loadline_runner::{Ending, Ends, Failure, Finished, Interrupts, OutSpec};
use loadline_script::options::SummaryMode;
use loadline_script::program::{Fault, Phases, SummaryFile};
use loadline_scripted::Session;
use loadline_units::TimeUnit;

use super::arguments::OutputArguments;
use crate::common::{Screen, database, print_aside, print_result, print_theirs, screen, without_secrets};

/// How long `handleSummary` may take unless told otherwise.
const SUMMARY_LIMIT: Duration = Duration::from_mins(2);

/// How results are written.
pub(super) struct Style {
    stats: Vec<TrendStat>,
    time_unit: TimeUnit,
    mode: SummaryMode,
    no_color: bool,
    samples_on_stdout: bool,
}

impl Style {
    pub(super) fn new(
        session: &Session,
        outputs: &OutputArguments,
        specs: &[OutSpec],
    ) -> Result<Self, Failure> {
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
        let samples_on_stdout = specs.iter().any(OutSpec::is_standard_output);
        Ok(Self { stats, time_unit, mode, no_color: outputs.no_color, samples_on_stdout })
    }
}

/// A run that is over, and how to say so.
pub(super) struct Reporting<'a> {
    pub(super) session: &'a Session,
    pub(super) finished: &'a Finished,
    pub(super) style: &'a Style,
}

impl Reporting<'_> {
    pub(super) async fn report(
        &self,
        setup_data: Option<&str>,
        screen: &Screen,
        interrupts: &Interrupts,
    ) -> Result<()> {
        let Self { session, finished, style } = self;
        if let Some(path) = &session.options().summary_export {
            let export = summary_export(&finished.run, &finished.verdicts, &style.stats);
            write(Path::new(path), Content::Summary, serde_json::to_string_pretty(&export)?.as_bytes())?;
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
        let mut lines = summary(&self.finished.run, &self.finished.verdicts, &options);
        lines.extend(database::cost(self.finished, options.width));
        print_result(&lines, self.style.no_color, self.style.samples_on_stdout)
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
                SummaryFile::Stdout(bytes) => print_theirs(&bytes, style.no_color)?,
                SummaryFile::Stderr(bytes) => print_aside(&bytes, style.no_color)?,
                SummaryFile::File(path, bytes) => write(&path, Content::Text, &bytes)?,
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

fn write(path: &Path, content: Content, bytes: &[u8]) -> Result<()> {
    replace_file(path, content, &without_secrets(bytes))
        .with_context(|| format!("cannot write `{}`", path.display()))
}
