//! What can be typed after `loadline scale`: the commands.

use clap::{Args, Subcommand};

use super::arguments::{CheckArguments, SimulateArguments};
use super::drive::DriveArguments;
use super::fit::FitArguments;
use super::manifests::ManifestsArguments;

/// `loadline scale`.
#[derive(Debug, Args)]
pub(crate) struct ScaleArguments {
    #[command(subcommand)]
    pub(crate) command: ScaleCommand,
}

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub(crate) enum ScaleCommand {
    /// Let a policy have its way over a day of traffic, and judge what comes of it
    Simulate(Box<SimulateArguments>),
    /// Hold a changed policy against the one before, over the same traffic
    Check(Box<CheckArguments>),
    /// Write the manifests of a policy that keeps the budgets, with why each number is what it is
    Manifests(Box<ManifestsArguments>),
    /// Fit the Universal Scalability Law and a queue to measured runs: where throughput ends, what more servers give
    Fit(Box<FitArguments>),
    /// Let a policy scale real replicas on this machine under load, beside what is predicted of it
    Drive(Box<DriveArguments>),
}
