//! Statements that no index helps as they are written, and how they could be written.
//!
//! What is found is found in the statement's text, token by token, and what is made of it means the same; where it does
//! not quite, that is said. Whether it pays is asked of the planner.

mod cast;
mod day;
mod distance;
mod either;
mod exists;
mod find;
mod found;
mod offset;
mod propose;
mod source;
#[cfg(test)]
mod tests;

pub use find::rewrites;
pub use found::{Change, Rewrite};
pub use propose::{Proposal, Proposals, propose};
