//! Plans: what `EXPLAIN (FORMAT JSON)` says, read, and what makes two of them the same plan.

mod fingerprint;
mod node;
mod short;

pub use fingerprint::{Fingerprint, difference};
pub use node::{Node, Plan, PlanError};
