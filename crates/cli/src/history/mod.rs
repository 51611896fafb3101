//! `loadline history`: the runs that were made.

mod arguments;
mod commands;
mod next;
mod trend;

pub(crate) use arguments::{FilterArguments, HistoryArguments};
pub(crate) use commands::{filter, history};
pub(crate) use trend::{FigureTrend, unlike};
