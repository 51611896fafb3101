//! `loadline capacity`: the highest load that keeps the budgets.

mod arguments;
mod command;
mod kept;
mod loads;
pub(crate) mod progress;
mod report;
mod search;
mod search_arguments;
mod target;

pub(crate) use arguments::CapacityArguments;
pub(crate) use command::{capacity, hit_of, source_of};
pub(crate) use search::Search;
pub(crate) use search_arguments::{AnswerArguments, SearchArguments};
