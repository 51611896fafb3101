//! `loadline db apply`: indexes shown with all that has to be known of them, and built when that is asked for.

mod applied;
mod arguments;
mod command;
mod words;

pub(crate) use arguments::ApplyArguments;
pub(crate) use command::apply;
