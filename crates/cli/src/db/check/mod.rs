//! `loadline db check`: what migrations lock, and what becomes of plans.

mod arguments;
mod command;
mod files;
mod statements;

pub(crate) use arguments::CheckArguments;
pub(crate) use command::check;
