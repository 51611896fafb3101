//! `loadline inspect`: a script's plan, without running it.

mod arguments;
mod command;

pub(crate) use arguments::InspectArguments;
pub(crate) use command::inspect;
