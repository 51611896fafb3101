//! Everything an operator may choose.

use std::{fmt, net::SocketAddr, time::Duration};

use super::{Telemetry, TellTiming};
use crate::{
    auth::HashCost,
    payments::{SimulatorSettings, Stripe},
    sample,
    store::Database,
    web::{Capacity, Limits, Network},
};

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
    /// How the payment gateway inside this process behaves, when there is no other.
    pub payments: SimulatorSettings,
    /// Stripe, or a simulator of it.
    pub stripe: Option<Stripe>,
    /// What must not be known outside.
    pub secrets: Secrets,
    /// Peers whose X-Forwarded-For and X-Forwarded-Proto are believed.
    pub trusted_proxies: Vec<Network>,
    /// How much the service takes on.
    pub limits: Limits,
    /// What it carries, where that is to be known; without it, what the machine lets it.
    pub capacity: Option<Capacity>,
    /// Whether it says all the time that it is not ready: a fault to be found.
    pub never_ready: bool,
    /// Waited before every search: a seeded regression.
    pub search_delay: Duration,
    /// Memory taken for good every second: a seeded leak.
    pub leak_bytes_per_second: u64,
    /// How long requests in flight may take when the service stops.
    pub drain: Duration,
    /// What the service says of itself, and to whom.
    pub telemetry: Telemetry,
    /// Who is told where the time of their requests went; without telemetry, nobody.
    pub tell_timing: TellTiming,
}

/// What must not be known outside.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Signs the gateway's webhooks, like `whsec_…`; without it none are taken.
    pub webhook: Option<String>,
    /// Signs those of the gateway's test mode, where payments are live and load tests' are not.
    pub test_webhook: Option<String>,
    /// Makes a request a load test's, with the header `X-Load-Test: true`; without it none is.
    pub load_test: Option<String>,
    /// Keys what protects forms; without it a random one, which ends with the process.
    pub auth: Option<String>,
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
            stripe: None,
            secrets: Secrets::default(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            capacity: None,
            never_ready: false,
            search_delay: Duration::ZERO,
            leak_bytes_per_second: 0,
            drain: Duration::from_secs(10),
            telemetry: Telemetry::default(),
            tell_timing: TellTiming::default(),
        }
    }
}

impl fmt::Debug for LoadTestAccounts {
    /// Without the password: it must not reach a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LoadTestAccounts").field("count", &self.count).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secrets {
    /// Only which are there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Secrets")
            .field("webhook", &self.webhook.is_some())
            .field("test_webhook", &self.test_webhook.is_some())
            .field("load_test", &self.load_test.is_some())
            .field("auth", &self.auth.is_some())
            .finish()
    }
}
