//! Where a portrait comes from, a file or a database, and the ghost that is raised of it.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::Args;
use loadline_pg::live::{Address, Ghost, Haunt, Sitting, portray};
use loadline_pg::portrait::{LARGEST, Loss, Portrait};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::escape;

use crate::common::{input, interruptible, screen};

/// Things lost that are told one by one.
const TOLD: usize = 12;

/// Of which database.
#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// A portrait's file
    #[arg(long, short = 'p', value_name = "FILE", conflicts_with = "database")]
    pub(crate) portrait: Option<PathBuf>,
    /// The database itself, or that of `LOADLINE_DATABASE`: a portrait is taken and kept nowhere
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// The folder of PostgreSQL's programs
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,
}

/// The variable that has the address of a database. It is read by hand where an address and something else exclude each
/// other: what stands in the environment is no contradiction to what was typed.
const VARIABLE: &str = "LOADLINE_DATABASE";

/// The address in the environment, if there is one.
pub(super) fn of_environment() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

/// An address as it was typed.
pub(crate) fn address(url: &str) -> Result<Address, Failure> {
    let address: Result<Address> =
        url.parse().map_err(|error| anyhow!("the address of the database {error}"));
    address.ends(Ending::Configuration)
}

/// Does something until it is done or a signal asks for the end; then what it had started is taken down.
pub(super) fn until_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    interruptible::until_interrupted(work, "stopped by a signal; what was started is gone")
}

impl SourceArguments {
    /// The portrait.
    pub(super) async fn portrait(&self) -> Result<Portrait, Failure> {
        if let Some(path) = &self.portrait {
            return read(path);
        }
        let Some(url) = self.database.clone().or_else(of_environment) else {
            return Err(Failure::new(
                Ending::Configuration,
                "there is no database to look at\nhint: give a portrait with `--portrait FILE`, or `--database URL`",
            ));
        };
        let sitting = Sitting { without_values: false, programs: self.pg_bin.clone() };
        portray(&address(&url)?, &sitting).await.ends(Ending::CouldNotRun)
    }

    /// A ghost of it.
    pub(super) async fn ghost(&self, portrait: &Portrait) -> Result<Ghost, Failure> {
        let haunt = Haunt { programs: self.pg_bin.clone() };
        Ghost::raise(portrait, &haunt).await.ends(Ending::CouldNotRun)
    }
}

/// A portrait from its file.
pub(super) fn read(path: &Path) -> Result<Portrait, Failure> {
    let shown = escape(&path.display().to_string()).into_owned();
    let bytes = input::bytes(path, LARGEST as u64)
        .map_err(|error| unreadable(path, &error, "`loadline db portrait URL -o FILE` makes a portrait"))?;
    // Whatever is wrong with it, another file is what helps.
    Portrait::read(&bytes).map_err(|error| anyhow!("`{shown}` {error}")).ends(Ending::Configuration)
}

/// How a command ends whose file cannot be read: one that is not there, or is a folder, was typed wrong.
pub(super) fn unreadable(path: &Path, error: &io::Error, hint: &str) -> Failure {
    let text = format!("cannot read `{}`: {error}", escape(&path.display().to_string()));
    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) {
        Failure::new(Ending::Configuration, format!("{text}\nhint: {hint}"))
    } else {
        Failure::new(Ending::CouldNotRun, text)
    }
}

/// Of which database a portrait is, in a line.
pub(super) fn whose(portrait: &Portrait) -> String {
    let version = portrait.server.version.split(' ').next().unwrap_or_default();
    let made = jiff::Timestamp::from_millisecond(portrait.made_ms).map_or_else(
        |_| "an unknown time".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    );
    format!("`{}`, PostgreSQL {} of {made}", escape(&portrait.server.database), escape(version))
}

/// Tells what is missing, by name.
pub(super) fn tell(lost: &[Loss], of: &str) {
    for loss in lost.iter().take(TOLD) {
        screen::caution(&format!("not in the {of}: {}: {}", escape(&loss.what), escape(&loss.why)));
    }
    if lost.len() > TOLD {
        screen::caution(&format!(
            "and {} more that are not in the {of}; `--json` lists all",
            lost.len() - TOLD
        ));
    }
}

/// What is missing, for programs.
pub(super) fn lost_json(lost: &[Loss]) -> serde_json::Value {
    lost.iter().map(|loss| serde_json::json!({"what": loss.what, "why": loss.why})).collect()
}
