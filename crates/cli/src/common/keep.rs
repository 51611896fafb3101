//! Whether and where a run is kept.

use clap::Args;
use clap::builder::FalseyValueParser;
use loadline_history::History;

use super::place::{HistoryPlace, open};
use super::project::ProjectFile;

/// Whether and where a run is kept, and what is said of it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct KeepArguments {
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// Do not keep the run in the history
    #[arg(long, env = "LOADLINE_NO_HISTORY", value_parser = FalseyValueParser::new())]
    pub(crate) no_history: bool,
    /// The version of the system under test, for the history
    #[arg(long, value_name = "TEXT", env = "LOADLINE_TARGET_VERSION")]
    pub(crate) target_version: Option<String>,
}

impl KeepArguments {
    /// The history that the run is to enter, if there is to be one.
    pub(crate) fn open(&self, found: &ProjectFile) -> Option<anyhow::Result<History>> {
        (!self.no_history).then(|| open(&self.place, found))
    }
}
