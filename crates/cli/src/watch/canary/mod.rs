//! `loadline watch --canary`: two versions of a service over the same minutes.

mod asking;
mod command;
mod compared;
mod door;
mod question;
mod served;
mod words;

pub(super) use asking::Compares;
pub(super) use command::watch_canary;
