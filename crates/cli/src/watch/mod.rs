//! `loadline watch`: a project's budgets over production.

mod arguments;
mod asked;
mod budgets;
mod canary;
mod command;
mod explained;
mod heartbeat;
mod json;
mod lengths;
mod listening;
mod looked;
mod looping;
mod mailing;
mod marked;
mod once;
mod own_metrics;
mod profile;
mod receivers;
mod refused;
mod remarks;
mod replay;
mod scraping;
mod source;
mod stands;
mod telling;
mod tested;
mod trouble;
mod words;

pub(crate) use arguments::WatchArguments;
pub(crate) use command::watch;
