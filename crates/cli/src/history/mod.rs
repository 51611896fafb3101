//! The history of runs: where it is, how a run gets there, and `loadline history`.

mod arguments;
mod commands;
mod given_up;
mod place;

pub(crate) use arguments::HistoryArguments;
pub(crate) use commands::history;
pub(crate) use given_up::crashed;
pub(crate) use place::{HistoryPlace, comparable, open, open_to_read};
