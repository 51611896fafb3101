//! Whether and where a run is kept.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::FalseyValueParser;
use loadline_history::History;
use loadline_runner::{Interrupts, history_location, open_history};

use super::given_up::tell;
use super::place::HistoryPlace;
use super::project::ProjectFile;

/// How often it is looked whether somebody wants to end.
const LOOKS: Duration = Duration::from_millis(20);

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
    /// The history that the run is to enter, if there is to be one. A server that does not answer is not waited for by
    /// who wants to end.
    pub(crate) fn open(&self, found: &ProjectFile, interrupts: &Interrupts) -> Option<Result<History>> {
        (!self.no_history).then(|| {
            let location = history_location(self.place.store.as_deref(), &found.project)?;
            let (opened, opens) = channel();
            Builder::new().name("opens".to_owned()).spawn(move || {
                let _ = opened.send(open_history(&location));
            })?;
            loop {
                match opens.recv_timeout(LOOKS) {
                    Ok(history) => {
                        let mut history = history?;
                        tell(&mut history);
                        return Ok(history);
                    }
                    Err(RecvTimeoutError::Timeout) if interrupts.any() => {
                        bail!("it was not waited for any longer")
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => bail!("what opened it broke down"),
                }
            }
        })
    }
}
