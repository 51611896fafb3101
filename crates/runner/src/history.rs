//! The history: where it is, and opening it.

use std::path::Path;

use loadline_config::Project;
use loadline_history::{History, HistoryError, Location, LocationError};

use crate::outputs::{KeepError, own_folder};

/// The file where nobody names another; its folder ignores itself in git.
const USUAL: &str = ".loadline/history.sqlite";

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
