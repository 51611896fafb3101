//! `loadline history`: the runs that were made.

mod arguments;
mod commands;

pub(crate) use arguments::HistoryArguments;
pub(crate) use commands::history;
