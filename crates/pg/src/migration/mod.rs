//! Migrations: in which order their files go, what each statement locks and moves, how long that takes at a known size,
//! and what a portrait is after them.
//!
//! What a statement locks, rewrites and scans is not looked up: it is seen on a ghost (`live`), where PostgreSQL itself
//! decides it. Here stand the values that were seen, and what follows from them.

mod after;
mod budget;
mod files;
mod lock;
mod step;
#[cfg(test)]
mod tests;
mod time;

pub use after::{Names, Seen, after, resize};
pub use budget::{Broken, Budgets, Checked};
pub use files::{Migration, order, runs_alone, works_on_rows};
pub use lock::{Blocks, Lock};
pub use step::{Built, Check, Step, Touched};
pub use time::{Held, Rate, as_built, held, rounded};
