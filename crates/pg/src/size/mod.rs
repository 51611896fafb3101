//! How large an index would be, from what the planner knows of the table's columns.
//!
//! Sizes are those of an index that was just built, which is the smallest that it will ever be.

mod definition;
mod estimate;
mod hash;
mod inverted;
mod key;
mod ranges;
mod subject;
#[cfg(test)]
mod tests;
mod tree;

pub use definition::{keys_have_texts, of_definition};
pub use estimate::{Size, estimate};
pub use key::Key;
pub use subject::Subject;
