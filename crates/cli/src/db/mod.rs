//! `loadline db`: the database behind the system under test.

mod advise;
mod apply;
mod arguments;
mod aside;
mod check;
mod diff;
mod explain;
mod goal;
mod portrait;
mod search;
mod shell;
mod slow;
pub(crate) mod source;
pub(crate) mod verify;

use loadline_runner::{Ending, Failure};

pub(crate) use arguments::DbArguments;
use arguments::DbCommand;

/// What to do with a database.
pub(crate) fn db(arguments: &DbArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        DbCommand::Advise(arguments) => advise::advise(arguments),
        DbCommand::Apply(arguments) => apply::apply(arguments),
        DbCommand::Portrait(arguments) => portrait::portrait(arguments),
        DbCommand::Check(arguments) => check::check(arguments),
        DbCommand::Diff(arguments) => diff::diff(arguments),
        DbCommand::Explain(arguments) => explain::explain(arguments),
        DbCommand::Shell(arguments) => shell::shell(arguments),
        DbCommand::Slow(arguments) => slow::slow(arguments),
        DbCommand::Verify(arguments) => verify::verify(arguments),
    }
}
