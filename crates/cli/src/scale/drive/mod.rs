//! `loadline scale drive`: a policy on real replicas at small size, beside what the simulator predicts of it.

mod arguments;
mod command;
mod drove;
mod facts;
mod kept;
mod load;
mod plan;
mod words;

pub(super) use arguments::DriveArguments;
pub(super) use command::drive;
