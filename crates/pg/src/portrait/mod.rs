//! A portrait: what a database's planner knows, in a small file, without the data.

mod file;
mod model;
mod schema;
mod statistics;
#[cfg(test)]
mod tests;
mod usage;
mod values;
mod workload;

pub use file::{LARGEST, PortraitError};
pub use model::{Extension, Index, Label, Loss, Piece, Portrait, Relation, Role, Server, Setting};
pub use schema::pieces;
pub use statistics::{Column, Extended, Figures, Slot, Statistics, Values};
pub use usage::{Invalid, Purpose, Usage, Use};
pub use workload::{Statement, Workload};
