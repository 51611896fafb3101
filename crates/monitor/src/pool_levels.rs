//! How much of a connection pool is in use.

/// The levels of a pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolLevels {
    /// At most this many connections.
    pub limit: u64,
    /// Connections at work.
    pub in_use: u64,
    /// Connections that wait for work.
    pub idle: u64,
    /// Requests that wait for a connection.
    pub waiting: u64,
}
