//! `loadline watch`: a project's budgets over production.

mod arguments;
mod asked;
mod json;
mod once;
mod remarks;
mod stands;
mod words;

pub(crate) use arguments::WatchArguments;
pub(crate) use once::watch;
