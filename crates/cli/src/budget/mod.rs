//! `loadline budget`: a Run judged by a project's budgets.

mod arguments;
mod check;

pub(crate) use arguments::{BudgetArguments, BudgetCommand};

use crate::exit::Ending;
use crate::failure::Failure;

/// What to do about budgets.
pub(crate) fn budget(arguments: &BudgetArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        BudgetCommand::Check(arguments) => check::check(arguments),
    }
}
