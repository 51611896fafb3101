//! What commands have in common: flags, the screen, where files and histories are found.

mod around;
mod ci;
mod console_file;
pub(crate) mod database;
mod events;
mod finish;
mod folded;
mod given_up;
mod header;
mod incomplete;
pub(crate) mod input;
pub(crate) mod interruptible;
mod keep;
pub(crate) mod limits;
pub(crate) mod own_script;
mod picked;
mod place;
mod places;
mod print;
mod project;
mod prometheus;
mod request;
mod sampling;
mod saturation;
pub(crate) mod screen;
pub(crate) mod secrets;
mod told;
mod traces;
pub(crate) mod ui;
mod unproven;
mod written_page;

pub(crate) use around::AroundArguments;
pub(crate) use ci::CiArguments;
pub(crate) use finish::finish;
pub(crate) use folded::folded;
pub(crate) use header::Header;
pub(crate) use incomplete::IncompleteArguments;
pub(crate) use keep::KeepArguments;
pub(crate) use picked::{not_whole, pick, picked};
pub(crate) use place::{
    EndsByHistory, HistoryPlace, comparable, of_what_is_left, open, open_existing, open_to_read, tell_damage,
};
pub(crate) use places::Places;
pub(crate) use print::{json_text, print, print_aside, print_result, print_theirs, without_secrets};
pub(crate) use project::{ProjectArguments, ProjectFile, find};
pub(crate) use prometheus::Prometheus;
pub(crate) use request::RequestArguments;
pub(crate) use sampling::{SamplingArguments, sampling};
pub(crate) use saturation::{OnSaturation, SaturationArguments};
pub(crate) use screen::{Screen, ScreenSettings};
pub(crate) use told::told;
pub(crate) use traces::TracesArguments;
pub(crate) use ui::{UiArguments, Watched};
pub(crate) use unproven::{Unproven, UnprovenArguments};
pub(crate) use written_page::{check_page, write_page};
