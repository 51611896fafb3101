//! `loadline hit`: one target, one request, no script, as fast as the machine goes.

mod arguments;
mod command;
mod settings;

pub(crate) use arguments::HitArguments;
pub(crate) use command::hit;
