//! A set of indexes on a test database: built, replayed with and without, and gone again.

mod build;
mod clear;
mod copy;
mod ends;
mod leftovers;
mod pass;
mod place;
mod task;
mod verify;

pub use clear::clear;
pub use ends::VerifyError;
pub use leftovers::{Mark, system_of};
pub use task::{Fate, Piece, Replayed, Statement, Task, Verified, Withdrawal, Writes};
pub use verify::verify;
