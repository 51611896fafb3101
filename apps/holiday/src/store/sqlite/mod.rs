//! The embedded store: SQLite with its R*Tree.

mod accounts;
mod listing;
mod load;
mod payers;
mod pool;
mod schema;
mod search;
mod snapshot;
mod store;
mod subscriptions;

#[cfg(test)]
mod tests;

pub use store::{Location, SqliteStore};
