//! `loadline db verify`: indexes on a test database, measured with and without.

mod arguments;
mod command;
mod rounds;
mod statements;
mod words;

pub(crate) use arguments::VerifyArguments;
pub(crate) use command::{definitions, verify};
pub(crate) use rounds::{Proven, Proving, proven};
pub(crate) use statements::{Weighed, executions, weighed};
pub(crate) use words::{course, json, short};
