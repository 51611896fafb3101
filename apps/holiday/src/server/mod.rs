//! The server: from settings to a listening socket, and to its end.

mod admit;
mod leak;
mod listen;
mod naming;
mod routes;
mod serve;
mod settings;
mod start;
mod stop;
mod telemetry;

pub use listen::{Bound, Server};
pub use serve::Drained;
pub use settings::{LoadTestAccounts, Secrets, Settings};
pub use start::StartError;
pub use stop::{Stop, stop_requested};
pub use telemetry::Telemetry;

pub use crate::web::{Limits, Traffic};
