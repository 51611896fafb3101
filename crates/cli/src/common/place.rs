//! Where the history is: what a flag says, what the project says, or a file below the working directory.

use anyhow::Result;
use clap::Args;
use loadline_history::{Filter, History};
use loadline_measure::RunRecord;
use loadline_runner::{history_location, open_history};

use super::given_up::tell;
use super::project::ProjectFile;

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
    Ok(history)
}

/// Opens it for reading.
pub(crate) fn open_to_read(place: &HistoryPlace, found: &ProjectFile) -> Result<History> {
    let location = history_location(place.store.as_deref(), &found.project)?;
    let mut history = History::open_readonly(&location)?;
    tell(&mut history);
    Ok(history)
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
