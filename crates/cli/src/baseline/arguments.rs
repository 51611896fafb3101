//! What can be typed after `loadline baseline`.

use clap::{Args, Subcommand};

use crate::common::{HistoryPlace, IncompleteArguments, ProjectArguments, UnprovenArguments};

const EXAMPLES: &str = "\
Examples:
  loadline baseline check latest                 # against the last runs of the same script, plan and machine
  loadline baseline save release-1.4             # those runs, under a name; they are never pruned
  loadline baseline check latest --against release-1.4
  loadline baseline accept --why 'the new index costs 8 ms'   # what got worse is meant to be so
  loadline baseline show

Exit codes: 0 nothing is beyond what its past allows, 1 something is, or there is no run to hold it against, 2 wrong arguments, 3 could not. Fewer than ten earlier runs \
advise only.";

/// `loadline baseline`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BaselineArguments {
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No colour, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What to do about baselines.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Keep runs under a name
    Save(SaveArguments),
    /// The baselines that are kept, or the runs of one
    Show {
        /// Its name
        name: Option<String>,
    },
    /// Judge a run by what earlier runs of the same kind came to
    Check(CheckArguments),
    /// Say that what got worse is meant to be so, and why: it is what later runs are held against
    Accept(AcceptArguments),
}

/// `loadline baseline accept`.
#[derive(Debug, Args)]
pub(crate) struct AcceptArguments {
    /// The first run of what is normal now; by default where the newest run changed for certain
    #[arg(allow_hyphen_values = true)]
    pub(crate) run: Option<String>,
    /// Why; kept in the history, and shown in trends
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Only figures of this endpoint, `all requests`, or what else there are figures of
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,
    /// Only this figure of the subject, such as p95
    #[arg(long, value_name = "QUANTITY", requires = "subject")]
    pub(crate) quantity: Option<String>,
}

/// `loadline baseline save`.
#[derive(Debug, Args)]
pub(crate) struct SaveArguments {
    /// The name
    pub(crate) name: String,
    /// The run whose kind it is of; its script, plan and machine decide which runs go with it
    #[arg(long, value_name = "RUN", default_value = "latest", allow_hyphen_values = true)]
    pub(crate) like: String,
    /// This many runs, the newest of the kind
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) runs: u64,
}

/// `loadline baseline check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The run: its number, `latest`, `-2`, or the beginning of its commit
    #[arg(default_value = "latest", allow_hyphen_values = true)]
    pub(crate) run: String,
    /// The baseline; without one, the last runs of the same kind before it
    #[arg(long, value_name = "NAME")]
    pub(crate) against: Option<String>,
    /// How many of the last runs
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..=1000))]
    pub(crate) runs: u64,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    #[command(flatten)]
    pub(crate) incomplete: IncompleteArguments,
}
