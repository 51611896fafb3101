//! What a search for the load line can be told, and what of its answer: the same wherever one is made.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use loadline_runner::{OutSpec, OutSpecError};
use loadline_units as units;
use loadline_verdict::TargetBudget;

use super::loads::TypedLoad;
use crate::common::KeepArguments;

/// How to search.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct SearchArguments {
    /// What must hold, may be repeated: p99=50ms, errors<1%
    #[arg(long = "budget", value_name = "BUDGET", help_heading = "Search")]
    pub(crate) budgets: Vec<TargetBudget>,
    /// The load that has to be carried, in what the plan is scaled by: 300/s, or so many users
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) expect: Option<TypedLoad>,
    /// How long it may take
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration, help_heading = "Search")]
    pub(crate) at_most: Duration,
    /// Never more load than this; ten times what a script asks for by default, 20,000/s of a URL, or what is expected
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) max: Option<TypedLoad>,
    /// The load to begin with; a quarter of what a script asks for by default, 10/s of a URL
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) start: Option<TypedLoad>,
    /// Leave out how it recovers from twice what it carries
    #[arg(long, help_heading = "Search")]
    pub(crate) no_burst: bool,
    /// Go on with the search that was interrupted
    #[arg(long, help_heading = "Search")]
    pub(crate) resume: bool,
    /// The target may be one that others depend on
    #[arg(long, help_heading = "Search")]
    pub(crate) yes: bool,
    /// Fit the Universal Scalability Law and a queue to the steps
    #[arg(long, help_heading = "Search")]
    pub(crate) fit: bool,
}

/// What becomes of the answer.
#[derive(Debug, Default, Args)]
pub(crate) struct AnswerArguments {
    #[command(flatten)]
    pub(crate) history: KeepArguments,
    /// Print the answer as JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Write the Run of the search, may be repeated: run=FILE
    #[arg(short = 'o', long = "out", value_name = "KIND=FILE", value_parser = file, help_heading = "Output")]
    pub(crate) outs: Vec<OutSpec>,
    /// Draw latency against load, with the line: a picture of less than 30 kB, readable on light and dark pages
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) svg: Option<PathBuf>,
    /// Nothing but the answer
    #[arg(short = 'q', long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// No colour, even on a terminal
    #[arg(long, help_heading = "Output")]
    pub(crate) no_color: bool,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = units::parse_duration(text).map_err(|error| error.to_string())?;
    if duration < Duration::from_secs(1) { Err("must be a second at least".to_owned()) } else { Ok(duration) }
}

/// A search is written when it is over, so nothing follows it second by second.
fn file(text: &str) -> Result<OutSpec, String> {
    match text.parse().map_err(|error: OutSpecError| error.to_string())? {
        OutSpec::Sent(receiver) => Err(format!(
            "a search is sent to no receiver\nhint: use `run=FILE`; `loadline run --out {}` sends a run",
            receiver.kind
        )),
        file => Ok(file),
    }
}
