//! The engine through its public doors: with a paused clock for behaviour in time, on real threads for partition,
//! stopping and failing.

#![expect(clippy::unwrap_used, reason = "a test that unwraps in vain has failed")]

mod accounts;
mod closed_models;
mod endings;
mod kit;
mod open_models;
mod several_scenarios;
mod steering;
mod threads;
