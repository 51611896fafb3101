//! `loadline compare` and `loadline aa`: is this build slower than that one, and what can be told here at all.

mod arguments;
mod builds;
mod capacity;
mod command;
mod flags;
mod floors;
mod round;
mod rounds;
mod single;
mod words;

pub(crate) use arguments::{AaArguments, CompareArguments, RoundArguments};
pub(crate) use builds::{Build, Site, shell};
pub(crate) use command::{aa, compare, plan};
pub(crate) use round::{Load, RoundOutcome};
pub(crate) use single::{Two, compare_two, documents};
