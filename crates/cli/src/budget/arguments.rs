//! What can be typed after `loadline budget`.

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
