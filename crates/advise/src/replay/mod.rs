//! A set of indexes on a test database: built, replayed with and without, and gone again.

mod build;
mod clear;
mod copy;
mod ends;
mod leftovers;
mod near;
mod pass;
mod place;
mod source;
mod state;
mod task;
mod values;
mod verify;

pub use clear::clear;
pub use ends::VerifyError;
pub use leftovers::{Mark, system_of};
pub use task::{Fate, Piece, Replayed, Statement, Task, Values, Verified, Wanted, Withdrawal, Writes};
pub use verify::verify;
