//! `loadline db slow`: which statements take the time.

mod arguments;
mod command;
mod live;
mod log;
mod notes;
mod portraits;
mod server;

pub(crate) use arguments::SlowArguments;
pub(crate) use command::slow;
