//! `loadline control`: a run that goes on elsewhere, looked at and steered.

mod arguments;
mod command;
mod sender;
mod words;

pub(crate) use arguments::ControlArguments;
pub(crate) use command::control;
