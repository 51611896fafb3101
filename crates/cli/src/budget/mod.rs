//! `loadline budget`: a Run judged by a project's budgets, and budgets out of others' objectives.

use loadline_runner::{Ending, Failure};

mod arguments;
mod check;
mod import;

pub(crate) use arguments::{BudgetArguments, BudgetCommand};

/// What to do about budgets.
pub(crate) fn budget(arguments: &BudgetArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        BudgetCommand::Check(arguments) => check::check(arguments),
        BudgetCommand::Import(arguments) => import::import(arguments),
    }
}
