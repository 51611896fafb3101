//! Talking to PostgreSQL: the only part that needs an event loop.

mod address;
mod connect;
mod explain;
mod flips;
mod ghost;
mod migrate;
mod names;
mod portrait;
mod programs;
mod sampler;
mod schema;

pub use address::{Address, AddressError};
pub use connect::{APPLICATION, ConnectError, Session, explain};
pub use explain::{ExplainError, Explained, explain as explain_statement, ready};
pub use flips::{Planned, flips, plans, plans_on, statements_of};
pub use ghost::{CandidateError, ClusterError, Ghost, GhostError, Haunt, Part, Place, Size};
pub use migrate::{MigrateError, Migrated, migrate};
pub use portrait::{DumpError, PortrayError, Sitting, portray};
pub use programs::Programs;
pub use sampler::{
    DatabaseSampler, DatabaseSettings, EndpointOf, StartError, Statistics, StatisticsError, Voiced,
};
pub use schema::schema;
