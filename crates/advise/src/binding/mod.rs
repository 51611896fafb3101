//! Values for parameters: a normalized text has lost them, and with them what a planner knows.
//!
//! A plan for any value (the generic one) cannot see which rows a value leaves: it never uses a partial index or the
//! beginning of a pattern, and takes every value for an average one. So values are chosen, out of what the portrait has
//! of each column, such that the plan expects about as many rows as an execution was counted to have.

mod calibrate;
mod choices;
mod literals;
mod place;
#[cfg(test)]
mod tests;
mod text;

pub use calibrate::{Binding, Bound, Kind, bind};
pub use choices::{Choice, Columns};
pub use place::{Place, places};
pub use text::with_values;
