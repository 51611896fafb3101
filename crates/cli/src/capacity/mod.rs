//! `loadline capacity`: the highest load that keeps the budgets.

mod arguments;
mod command;
mod kept;
mod progress;
mod report;
mod target;

pub(crate) use arguments::CapacityArguments;
pub(crate) use command::capacity;
