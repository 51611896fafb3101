//! Which indexes could serve what a statement asks of a table.
//!
//! By role: what is equal comes first, then an order or one range. What other access methods answer goes by the
//! operators that their classes have.

mod make;
mod others;
mod part;
#[cfg(test)]
mod tests;
mod tree;

pub use make::{Candidate, Candidates, Cut, MOST_CANDIDATES, candidates};
