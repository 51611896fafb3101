//! The server: from settings to a listening socket, and to its end.

mod listen;
mod routes;
mod settings;
mod start;
mod stop;

pub use listen::{Drained, Server};
pub use settings::{LoadTestAccounts, Settings};
pub use start::StartError;
pub use stop::{Stop, stop_requested};
