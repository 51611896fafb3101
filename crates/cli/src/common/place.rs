//! Where the history is: what a flag says, what the project says, or a file below the working directory.

use anyhow::Result;
use clap::Args;
use loadline_history::{Filter, History};
use loadline_measure::RunRecord;
use loadline_runner::{Ending, history_location, open_history};

use super::given_up::tell;
use super::project::ProjectFile;
use super::screen;

/// Which history.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct HistoryPlace {
    /// Where runs are kept: a file, or a postgres:// URL for a team; .loadline/history.sqlite by default
    #[arg(
        long = "history",
        global = true,
        value_name = "FILE|URL",
        env = "LOADLINE_HISTORY",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,
}

/// Opens it for writing; makes it where there is none.
pub(crate) fn open(place: &HistoryPlace, found: &ProjectFile) -> Result<History> {
    let mut history = open_history(&history_location(place.store.as_deref(), &found.project)?)?;
    tell(&mut history);
    tell_damage(&history);
    Ok(history)
}

/// Opens it for reading.
pub(crate) fn open_to_read(place: &HistoryPlace, found: &ProjectFile) -> Result<History> {
    let location = history_location(place.store.as_deref(), &found.project)?;
    let mut history = History::open_readonly(&location)?;
    tell(&mut history);
    history.inspect()?;
    tell_damage(&history);
    Ok(history)
}

/// How many damaged things are told one by one.
const TOLD: usize = 5;

/// Says what is damaged, whatever was asked for.
pub(crate) fn tell_damage(history: &History) {
    let damaged: Vec<String> = history.damaged().map(ToString::to_string).collect();
    for what in damaged.iter().take(TOLD) {
        screen::caution(what);
    }
    if let Some(more) = damaged.len().checked_sub(TOLD).filter(|more| *more > 0) {
        screen::caution(&format!("{more} more things are damaged in this history"));
    }
}

/// How a command ends that tells of everything there is: not well when something of it is damaged, and left out.
pub(crate) fn of_what_is_left(history: &History) -> Ending {
    if history.damaged().next().is_none() {
        return Ending::Passed;
    }
    screen::complain(
        "what is damaged in this history is left out\nhint: `loadline history export all FOLDER` saves the rest, and `loadline history prune --damaged` removes damaged runs",
    );
    Ending::CouldNotRun
}

/// Runs that can be held against a run: of the same fingerprint, finished, not saturated, older first; the run itself
/// left out.
pub(crate) fn comparable(
    history: &mut History,
    fingerprint: &str,
    but: Option<i64>,
) -> Result<Vec<RunRecord>> {
    let filter = Filter { fingerprint: Some(fingerprint.to_owned()), ..Filter::default() };
    let mut records = history.list(&filter)?;
    records.retain(|record| record.state.is_whole() && !record.saturated && Some(record.id) != but);
    records.reverse();
    Ok(records)
}
