//! The history against real databases: what both must do alike, and what can happen to a file or a process.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test, in helper functions too")]

mod answers;
mod contract;
mod damage;
mod exchange;
mod flips;
mod killed;
mod older;
mod place;
mod readers;
mod repair;
mod runs;
