//! `loadline watch --profile`: what production was asked, as a script.

mod command;
mod words;
mod written;

pub(super) use command::watch_profile;
