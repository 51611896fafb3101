//! Which indexes could serve what a statement asks of a table.
//!
//! By role: what is equal comes first, then an order or one range. What other access methods answer goes by the
//! operators that their classes have.

mod make;
mod others;
mod part;
mod tree;

pub use make::{Candidate, candidates};
