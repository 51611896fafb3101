//! A cache in memory around the policy engine.

mod memory;
mod reply;

pub use memory::{Asking, Cache, Counts, Limits, Purge, Step};
pub use reply::Reply;
