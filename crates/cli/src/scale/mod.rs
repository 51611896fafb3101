//! `loadline scale`: autoscaling policies, tried before they are deployed.

mod arguments;
mod check;
mod day;
mod fit;
mod judged;
mod policy;
mod prometheus;
mod scenario;
mod simulate;
mod sweep;
mod traffic;
mod whole_seconds;
mod words;

use loadline_runner::{Ending, Ends, Failure};

pub(crate) use arguments::ScaleArguments;
use arguments::ScaleCommand;

use crate::common::interruptible::until_interrupted;

/// What to do with a policy.
pub(crate) fn scale(arguments: ScaleArguments) -> Result<Ending, Failure> {
    let work = move || match &arguments.command {
        ScaleCommand::Simulate(arguments) => simulate::simulate(arguments),
        ScaleCommand::Check(arguments) => check::check(arguments),
        ScaleCommand::Fit(arguments) => fit::fit(arguments),
    };
    // A simulation touches nothing but memory, so whatever it is in the midst of may end with the process.
    let done = async { tokio::task::spawn_blocking(work).await.ends(Ending::CouldNotRun)? };
    until_interrupted(done, "stopped by a signal: nothing was written")
}
