//! `loadline hit`: one target, one request, no script, as fast as the machine goes.

mod arguments;
mod command;
mod header;
mod program;
mod record;
mod subject;
mod target;

pub(crate) use arguments::HitArguments;
pub(crate) use command::hit;
