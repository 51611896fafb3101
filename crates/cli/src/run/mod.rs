//! `loadline run`: a script under load, judged by its thresholds and its project's budgets.

mod arguments;
mod command;
mod flags;
mod options;
mod setup;
mod source;
mod standard_input;
mod summary;

pub(crate) use arguments::{OutputArguments, RunArguments};
pub(crate) use command::run;
pub(crate) use options::OptionArguments;
pub(crate) use source::source;
