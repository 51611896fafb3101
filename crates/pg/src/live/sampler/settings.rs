//! What is followed of a database.

use super::super::address::Address;

/// Statements that have names of their own in a Run, unless told otherwise.
const TOP: usize = 30;

/// A database to be followed while a load test runs.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// The server itself, not a pooler before it.
    pub address: Address,
    /// The administration of a pgbouncer before it: the database `pgbouncer`.
    pub pgbouncer: Option<Address>,
    /// How many statements have names of their own in the Run.
    pub top: usize,
    /// Whether plans are looked at before and after.
    pub plans: bool,
    /// Whether its end waits until sessions have reported what only the database as a whole counts (transactions,
    /// deadlocks, temporary files): because something is judged by it.
    pub whole: bool,
}

impl DatabaseSettings {
    /// As it is usual.
    pub fn new(address: Address) -> Self {
        Self { address, pgbouncer: None, top: TOP, plans: true, whole: false }
    }
}
