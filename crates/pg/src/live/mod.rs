//! Talking to PostgreSQL: the only part that needs an event loop.

mod address;
mod connect;

pub use address::{Address, AddressError};
pub use connect::{APPLICATION, ConnectError, Session, explain};
