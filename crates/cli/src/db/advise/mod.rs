//! `loadline db advise`: the indexes that pay for a whole workload.

mod arguments;
mod command;
mod workload;

pub(crate) use arguments::AdviseArguments;
pub(crate) use command::advise;
