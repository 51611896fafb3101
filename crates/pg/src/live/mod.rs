//! Talking to PostgreSQL: the only part that needs an event loop.

mod address;
mod connect;
mod sampler;

pub use address::{Address, AddressError};
pub use connect::{APPLICATION, ConnectError, Session, explain};
pub use sampler::{DatabaseSampler, DatabaseSettings, EndpointOf, StartError, Voiced};
