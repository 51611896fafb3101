//! Where the history is: what a flag says, what the project says, or a file below the working directory.

use anyhow::Result;
use clap::Args;
use loadline_history::{Filter, History, HistoryError, PickError};
use loadline_measure::RunRecord;
use loadline_runner::{Ending, Failure, NoHistory, history_location, open_history};

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

/// Opens it for writing; makes none: whoever changes what is kept means a history that is there.
pub(crate) fn open_existing(place: &HistoryPlace, found: &ProjectFile) -> Result<History> {
    let location = history_location(place.store.as_deref(), &found.project)?;
    let mut history = History::open_existing(&location)?;
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

/// How commands end that work on a history, when something goes wrong.
pub(crate) trait EndsByHistory<T> {
    /// One that reads: when its place is none, or what stands for a run, that was typed; anything else means that it
    /// could not be run.
    ///
    /// # Errors
    /// The same one.
    fn ends_reading(self) -> Result<T, Failure>;

    /// One that writes: when the place takes nothing, an output could not be written. All else is as for one that
    /// reads, for then it was not the place that failed.
    ///
    /// # Errors
    /// The same one.
    fn ends_writing(self) -> Result<T, Failure>;
}

impl<T> EndsByHistory<T> for Result<T> {
    fn ends_reading(self) -> Result<T, Failure> {
        self.map_err(|error| Failure { ending: of_reading(&error), error: error.into() })
    }

    fn ends_writing(self) -> Result<T, Failure> {
        self.map_err(|error| {
            let ending = if is_not_written(&error) { Ending::OutputNotWritten } else { of_reading(&error) };
            Failure { ending, error: error.into() }
        })
    }
}

fn of_reading(error: &anyhow::Error) -> Ending {
    let is_typed_wrong = matches!(error.downcast_ref(), Some(NoHistory::Place(_))) || error.is::<PickError>();
    if is_typed_wrong { Ending::Configuration } else { Ending::CouldNotRun }
}

/// Whether it is the place that takes nothing.
fn is_not_written(error: &anyhow::Error) -> bool {
    match (error.downcast_ref::<NoHistory>(), error.downcast_ref::<HistoryError>()) {
        (Some(NoHistory::Open(error)), _) | (None, Some(error)) => error.is_not_written(),
        (Some(NoHistory::Folder(_)), _) => true,
        _ => false,
    }
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
        "what is damaged in this history is left out\nhint: `loadline history repair` works out again what the kept runs still tell; `loadline history export all FOLDER` saves the rest, and `loadline history prune --damaged` removes damaged runs",
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
