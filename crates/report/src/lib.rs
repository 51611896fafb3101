//! What people and machines read of a run.
//!
//! Everything here turns a run, its verdicts and its progress into text, JSON or files. Nothing prints by itself: text
//! is returned as [`Line`]s or strings, files are written by outputs, and the caller owns the terminal.
//! What comes from scripts and servers is escaped on its way into a [`Line`], so that it cannot command a terminal.

pub mod format;
mod live;
mod text;

pub use live::{LiveView, Phase, PlainView, Rates, ScenarioRates, Shares, Size, live_lines, plain_line};
pub use text::{Line, Role, Theme, escape, render};

#[cfg(test)]
#[path = "../examples/gallery/made_up.rs"]
mod made_up;
