//! The project file of a command: found, read, and put to use.

mod arguments;
mod find;

pub(crate) use arguments::ProjectArguments;
pub(crate) use find::{Found, find};
