//! `loadline budget`: a Run judged by a project's budgets.

use loadline_runner::{Ending, Failure};

mod arguments;
mod check;

pub(crate) use arguments::{BudgetArguments, BudgetCommand};

/// What to do about budgets.
pub(crate) fn budget(arguments: &BudgetArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        BudgetCommand::Check(arguments) => check::check(arguments),
    }
}
