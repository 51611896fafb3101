//! Follows a database while a load test runs, on a thread of its own.
//!
//! Ten times a second it looks at sessions; whenever a second of the run is over it takes a snapshot of what the server
//! has counted. It owns its part of the Run, which the hub takes with each second: nobody waits for it. A server that
//! goes away leaves a gap, which is said; the load test goes on.
//!
//! Everything is asked in the simple protocol, without prepared statements and without a transaction that stays open.
//! Each text has a mark, by which our own statements are found and left out.

mod ask;
mod facts;
mod follow;
mod handle;
mod plans;
mod pools;
mod read;
mod reports;
mod settings;
mod shared;
mod statistics;

pub use handle::{DatabaseSampler, StartError};
pub use settings::DatabaseSettings;
pub use shared::{EndpointOf, Voiced};
pub use statistics::{Statistics, StatisticsError};
