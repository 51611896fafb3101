//! PostgreSQL under load: what each statement cost, and how its planner thinks.
//!
//! The crate is pure: what a server said comes in as values, what it means goes out. Only `live` (a feature) talks to
//! servers, and only it knows an event loop.

pub mod cost;
pub mod diff;
pub mod existing;
pub mod ghost;
#[cfg(feature = "live")]
pub mod live;
pub mod log;
pub mod metrics;
pub mod migration;
pub mod plan;
pub mod portrait;
pub mod shape;
pub mod size;
pub mod slow;
