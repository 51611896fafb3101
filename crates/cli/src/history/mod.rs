//! `loadline history`: the runs that were made.

mod arguments;
mod commands;
mod next;
mod trend;

pub(crate) use arguments::HistoryArguments;
pub(crate) use commands::history;
