//! The history: where it is, and a run that is kept in it while it goes on, and concluded when it is over.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use loadline_config::Project;
use loadline_history::{History, HistoryError, Location, LocationError, RunEntry};
use loadline_measure::{Run, RunMeta, Schema};
use loadline_report::{Event, Output, OutputError, RunOutput, Witness};
use loadline_verdict::{Endpoints, Verdict, conclude};

use crate::failure::Cause;
use crate::outputs::{KeepError, own_folder};
use crate::samples::SendOutput;

/// The file where nobody names another; its folder ignores itself in git.
const USUAL: &str = ".loadline/history.sqlite";

/// A run that is kept: its number, and where.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) place: String,
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum NoHistory {
    /// The place is none.
    #[error("the location of the history cannot be used")]
    Place(#[from] LocationError),
    /// Its folder cannot be made.
    #[error(transparent)]
    Folder(#[from] KeepError),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] HistoryError),
}

/// Where the history is: what was said, what the project says, or a file below the working directory.
///
/// # Errors
/// When what was said is no place.
pub fn history_location(said: Option<&str>, project: &Project) -> Result<Location, NoHistory> {
    let text = said.or(project.history.store.as_deref()).unwrap_or(USUAL);
    Ok(text.parse::<Location>()?)
}

/// Opens a history for writing; makes it where there is none.
///
/// # Errors
/// When it cannot be opened.
pub fn open_history(location: &Location) -> Result<History, NoHistory> {
    if matches!(location, Location::File(path) if path == Path::new(USUAL)) {
        own_folder()?;
    }
    Ok(History::open(location)?)
}

/// Begins to keep a run.
///
/// # Errors
/// When the history cannot be written to.
pub(crate) fn keep(
    history: &History,
    meta: &RunMeta,
    schema: &Arc<Schema>,
) -> Result<(SendOutput, Kept), Cause> {
    let entry = history.begin(meta)?;
    let kept = Kept { id: entry.id(), place: history.location().to_string() };
    let name = format!("the history {}", kept.place);
    let pieces = RunOutput::new(name.clone(), Box::new(entry.writer()), meta, Arc::clone(schema))?;
    let endpoints = Endpoints::of_texts(&meta.endpoints);
    let witness = match history.location() {
        Location::File(path) => Some(Witness::at(path)),
        Location::Postgres(_) => None,
    };
    Ok((Box::new(HistoryOutput { name, pieces, entry: Some(entry), endpoints, witness }), kept))
}

/// Writes a run into the history.
struct HistoryOutput {
    name: String,
    pieces: RunOutput,
    entry: Option<RunEntry>,
    endpoints: Endpoints,
    /// The file, if it is one.
    witness: Option<Witness>,
}

impl Output for HistoryOutput {
    fn name(&self) -> &str {
        &self.name
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let (Event::Second { second, .. }, Some(entry)) = (event, &self.entry) {
            entry.reached(Duration::from_secs(second + 1));
        }
        self.pieces.event(event)
    }

    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError> {
        self.pieces.finish(run, verdicts)?;
        let Some(entry) = self.entry.take() else { return Ok(()) };
        let kept = entry.finish(run, &conclude(run, verdicts, &self.endpoints));
        let kept = kept.map(drop).map_err(std::io::Error::other);
        let kept = kept.and_then(|()| self.witness.as_ref().map_or(Ok(()), Witness::check));
        kept.map_err(|source| OutputError::Write { path: self.name.clone(), source })
    }
}
