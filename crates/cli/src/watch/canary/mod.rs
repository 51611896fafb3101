//! `loadline watch --canary`: two versions of a service over the same minutes.

mod command;
mod compared;
mod words;

pub(super) use command::{Compares, watch_canary};
