//! `loadline edge`: cache rules, and a cache that goes by them.

mod arguments;
mod check;
mod file;
mod key;
mod serve;

use loadline_runner::{Ending, Failure};

pub(crate) use arguments::EdgeArguments;
use arguments::EdgeCommand;

/// What to do with cache rules.
pub(crate) fn edge(arguments: &EdgeArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        EdgeCommand::Check(arguments) => check::check(arguments),
        EdgeCommand::Key(arguments) => key::key(arguments),
        EdgeCommand::Serve(arguments) => serve::serve(arguments),
    }
}
