//! What every request handler shares.

use std::{sync::Arc, time::Duration};

use crate::{
    auth::{Attempts, Csrf, Passwords},
    payments::Gateways,
    store::Store,
    timers::Timers,
    web::{Arrivals, Gate, Network, Readiness, Workers},
};

/// The service's parts.
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) attempts: Attempts,
    pub(crate) csrf: Csrf,
    pub(crate) gateways: Gateways,
    /// What signs the gateway's webhooks; without it none are taken.
    pub(crate) webhook_secret: Option<String>,
    /// What signs those of the gateway's test mode, where another secret signs the live ones.
    pub(crate) test_webhook_secret: Option<String>,
    /// What makes a request a load test's; without it none is.
    pub(crate) load_test_secret: Option<String>,
    /// Peers whose word on addresses and TLS is taken.
    pub(crate) proxies: Vec<Network>,
    pub(crate) gate: Gate,
    pub(crate) arrivals: Arrivals,
    pub(crate) readiness: Readiness,
    /// What every request waits for, where the capacity is a stated one.
    pub(crate) workers: Option<Arc<Workers>>,
    /// Waited before every search: a seeded regression.
    pub(crate) search_delay: Duration,
    /// Of parts of requests.
    pub(crate) timers: Timers,
}
