//! What can be typed after `loadline budget`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::common::{CiArguments, HistoryPlace, IncompleteArguments, ProjectArguments, UnprovenArguments};

/// `loadline budget`.
#[derive(Debug, Args)]
pub(crate) struct BudgetArguments {
    #[command(subcommand)]
    pub(crate) command: BudgetCommand,
}

/// What to do about budgets.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetCommand {
    /// Judge a Run by the budgets of loadline.toml, and by the thresholds it was recorded with
    Check(Box<CheckArguments>),
    /// Print objectives (`openslo/v1`) as budgets of a loadline.toml
    Import(ImportArguments),
}

const EXAMPLES: &str = "\
Examples:
  loadline budget check latest
  loadline budget check today.run
  loadline budget check --project strict.toml --all-budgets 12

Exit codes: 0 every budget holds, 1 one does not, has no data, or the run is not whole, 2 wrong arguments or project file, 3 could not run, \
4 an output could not be written. \
A pass that may be chance passes with a note, unless `--unproven fail` is asked for. What held in a run that is not whole is no pass, \
unless `--allow-incomplete` is.";

/// `loadline budget check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArguments {
    /// A Run file, or a run of the history: its number, `latest`, `-2` for the one before
    #[arg(allow_hyphen_values = true)]
    pub(crate) run: String,
    /// Judge by all budgets of the project, also those for other scripts and, of one request, other endpoints
    #[arg(long)]
    pub(crate) all_budgets: bool,
    /// Print the verdicts as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    #[command(flatten)]
    pub(crate) incomplete: IncompleteArguments,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  loadline budget import objectives.yaml
  loadline budget import objectives.yaml >> loadline.toml

The target of an objective is the share that has to be good. Where its query is of a histogram's bucket, the bucket says \
within which time: `target: 0.95` of `le=\"0.5\"` is `p95 = \"500ms\"`. A ratio without buckets is one of failures. Which \
route an endpoint is OpenSLO does not say: fill it in.

Exit codes: 0 all of them are budgets, 1 some of them are none, 2 wrong arguments, or a file that cannot be read or \
has no objectives, 4 the answer could not be written.";

/// `loadline budget import`.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportArguments {
    /// A file of `openslo/v1`
    pub(crate) file: PathBuf,
}
