//! `loadline ui`: the history in a browser.

mod arguments;
mod command;
mod several;

pub(crate) use arguments::UiCommandArguments;
pub(crate) use command::ui;
