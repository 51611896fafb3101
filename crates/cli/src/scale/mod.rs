//! `loadline scale`: autoscaling policies, tried before they are deployed.

mod arguments;
mod check;
mod commands;
mod contradictions;
mod day;
mod drive;
mod fit;
mod fit_replicas;
mod foreseen;
mod judged;
mod kept;
mod manifests;
mod model;
mod policy;
mod prometheus;
mod scenario;
mod simulate;
mod sweep;
mod traffic;
mod whole_seconds;
mod words;

use loadline_runner::{Ending, Ends, Failure};

pub(crate) use commands::ScaleArguments;
use commands::ScaleCommand;

use crate::common::interruptible::until_interrupted;

/// What to do with a policy.
pub(crate) fn scale(arguments: ScaleArguments) -> Result<Ending, Failure> {
    match arguments.command {
        ScaleCommand::Simulate(arguments) => aside(move || simulate::simulate(&arguments)),
        ScaleCommand::Check(arguments) => aside(move || check::check(&arguments)),
        ScaleCommand::Manifests(arguments) => aside(move || manifests::manifests(&arguments)),
        ScaleCommand::Fit(arguments) => aside(move || fit::fit(&arguments)),
        ScaleCommand::Drive(arguments) => drive::drive(&arguments),
    }
}

/// A simulation touches nothing but memory, so whatever it is in the midst of may end with the process.
fn aside(work: impl FnOnce() -> Result<Ending, Failure> + Send + 'static) -> Result<Ending, Failure> {
    let done = async { tokio::task::spawn_blocking(work).await.ends(Ending::CouldNotRun)? };
    until_interrupted(done, "stopped by a signal: nothing was written")
}
