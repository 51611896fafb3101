//! Many policies over the same day: the cheapest that keeps the budgets, and what it would take to spend less.

mod command;
mod knobs;
mod picture;
mod plot;
mod rows;
mod search;
mod words;

pub(super) use command::sweep;
pub(super) use knobs::candidates;
pub(super) use search::search;
pub(super) use words::answer as sweep_answer;
