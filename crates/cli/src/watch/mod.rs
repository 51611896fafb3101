//! `loadline watch`: a project's budgets over production.

mod arguments;
mod asked;
mod command;
mod json;
mod looked;
mod looping;
mod once;
mod own_metrics;
mod receivers;
mod remarks;
mod replay;
mod scraping;
mod source;
mod stands;
mod telling;
mod trouble;
mod words;

pub(crate) use arguments::WatchArguments;
pub(crate) use command::watch;
