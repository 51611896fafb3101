//! What can be typed after `loadline db`.

use clap::{Args, Subcommand};

use super::advise::AdviseArguments;
use super::apply::ApplyArguments;
use super::check::CheckArguments;
use super::diff::DiffArguments;
use super::explain::ExplainArguments;
use super::portrait::PortraitArguments;
use super::shell::ShellArguments;
use super::slow::SlowArguments;
use super::verify::VerifyArguments;

/// `loadline db`.
#[derive(Debug, Args)]
pub(crate) struct DbArguments {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

/// What to do with a database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Take a portrait: what the planner knows of a database, in a small file, without the data
    Portrait(PortraitArguments),
    /// Show the plans of statements as the portrayed database would make them
    Explain(ExplainArguments),
    /// Try migrations: what they lock and for how long, and what becomes of plans
    Check(Box<CheckArguments>),
    /// Hold two portraits against each other: what grew, what changed, which plan is another one and why
    Diff(DiffArguments),
    /// Open psql on an empty copy that plans as the portrayed database does
    Shell(ShellArguments),
    /// Which indexes pay for all that runs, tried on an empty copy that plans as the portrayed database does
    Advise(Box<AdviseArguments>),
    /// Show indexes with what has to be known before, and build them when asked to
    Apply(Box<ApplyArguments>),
    /// Which statements take the time, are slow, or run once for each row of another
    Slow(Box<SlowArguments>),
    /// Prove indexes on a test database: built, measured with and without, withdrawn where they harm, and gone again
    Verify(Box<VerifyArguments>),
}
