//! `loadline scale`: autoscaling policies, tried before they are deployed.

mod arguments;
mod check;
mod day;
mod interruptible;
mod judged;
mod policy;
mod scenario;
mod simulate;
mod sweep;
mod words;

use loadline_runner::{Ending, Failure};

pub(crate) use arguments::ScaleArguments;
use arguments::ScaleCommand;

/// What to do with a policy.
pub(crate) fn scale(arguments: ScaleArguments) -> Result<Ending, Failure> {
    interruptible::until_interrupted(move || match &arguments.command {
        ScaleCommand::Simulate(arguments) => simulate::simulate(arguments),
        ScaleCommand::Check(arguments) => check::check(arguments),
    })
}
