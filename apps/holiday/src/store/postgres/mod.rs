//! The store for production: PostgreSQL with PostGIS.

mod accounts;
mod connect;
mod errors;
mod listing;
mod load;
mod migrate;
mod payers;
mod pool;
mod search;
mod spoken;
mod store;
mod subscriptions;
mod throwaway;
mod values;

#[cfg(test)]
mod tests;

pub use connect::Address;
pub use migrate::MigrationError;
pub use store::PostgresStore;
pub use throwaway::{Restart, Throwaway, ThrowawayError};
