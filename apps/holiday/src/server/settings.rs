//! Everything an operator may choose.

use std::{net::SocketAddr, time::Duration};

use crate::{auth::HashCost, payments::SimulatorSettings, sample, store::Database};

/// How the service is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the data is kept.
    pub database: Database,
    /// How many requests use the database at once; without it, what suits this machine.
    pub database_connections: Option<usize>,
    /// What a new database is filled with.
    pub sample: sample::Settings,
    /// Accounts for load tests.
    pub load_test: Option<LoadTestAccounts>,
    /// What a password hash costs.
    pub hash_cost: HashCost,
    /// How the payment gateway behaves.
    pub payments: SimulatorSettings,
    /// Waited before every search: a seeded regression.
    pub search_delay: Duration,
    /// How long requests in flight may take when the service stops.
    pub drain: Duration,
}

/// The accounts loadtest-1@test.holiday-aggregator.com and so on, all with one password.
#[derive(Clone)]
pub struct LoadTestAccounts {
    /// How many.
    pub count: u32,
    /// Their password.
    pub password: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            database: Database::default(),
            database_connections: None,
            sample: sample::Settings::default(),
            load_test: None,
            hash_cost: HashCost::default(),
            payments: SimulatorSettings::default(),
            search_delay: Duration::ZERO,
            drain: Duration::from_secs(10),
        }
    }
}

impl std::fmt::Debug for LoadTestAccounts {
    /// Without the password: it must not reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LoadTestAccounts").field("count", &self.count).finish_non_exhaustive()
    }
}
