//! In which history a Run is kept.

use loadline_config::Project;
use loadline_history::History;
use loadline_runner::{NoHistory, history_location, open_history};

/// A history.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The project's, or the usual one.
    Usual,
    /// A file, or a URL.
    Named(String),
}

impl Place {
    /// Opens it for writing.
    pub(crate) fn open(&self, project: &Project) -> Result<History, NoHistory> {
        let said = match self {
            Self::Usual => None,
            Self::Named(place) => Some(place.as_str()),
        };
        open_history(&history_location(said, project)?)
    }
}
