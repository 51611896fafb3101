//! The server: from settings to a listening socket, and to its end.

mod admit;
mod asker;
mod edge;
mod leak;
mod listen;
mod naming;
mod routes;
mod settings;
mod start;
mod telemetry;
mod timing;
mod workers;

pub use listen::Server;
pub use settings::{LoadTestAccounts, Secrets, Settings};
pub use start::StartError;
pub use telemetry::Telemetry;
pub use timing::TellTiming;

pub use crate::web::{Capacity, Limits, Network, Traffic};
