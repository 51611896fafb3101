//! Which candidates pay for the whole workload.
//!
//! What statements cost is asked once for each set of indexes that could matter to it. Indexes are added one by one, or
//! several that only pay together, as long as something gains by it; then whatever the others make needless goes again.

mod bundle;
mod changed;
mod costs;
mod goal;
mod greedy;
mod query;
mod sizes;
mod writes;

pub use goal::{Aim, Goal};
pub use greedy::advise;
