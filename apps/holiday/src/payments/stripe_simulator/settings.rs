//! How the simulated Stripe behaves.

use std::{fmt, path::PathBuf, time::Duration};

/// Latency, faults, payers, and where events go.
#[derive(Clone, Debug)]
pub struct StripeSimulatorSettings {
    /// Half of the calls take longer than this; zero answers at once.
    pub median_latency: Duration,
    /// The share of calls that fail with nothing done, 0 to 1: refused at the door (409, 429, 503), or with 500, which is kept under
    /// the call's idempotency key.
    pub error_rate: f64,
    /// The share of calls whose connection breaks after the work was done, 0 to 1.
    pub drop_rate: f64,
    /// The share of new subscriptions that their user pays for, 0 to 1.
    pub pay_rate: f64,
    /// How long that user takes.
    pub pay_after: Duration,
    /// Where to keep what is known, for the next start; without it, it ends with the process.
    pub store: Option<PathBuf>,
    /// Who is told.
    pub webhook: Option<WebhookTarget>,
}

/// Where events are sent, and what signs them.
#[derive(Clone)]
pub struct WebhookTarget {
    /// Like `http://127.0.0.1:3000/api/webhooks/stripe`.
    pub url: String,
    /// Like `whsec_…`.
    pub secret: String,
}

impl Default for StripeSimulatorSettings {
    fn default() -> StripeSimulatorSettings {
        StripeSimulatorSettings {
            median_latency: Duration::from_millis(250),
            error_rate: 0.0,
            drop_rate: 0.0,
            pay_rate: 0.0,
            pay_after: Duration::from_secs(1),
            store: None,
            webhook: None,
        }
    }
}

impl fmt::Debug for WebhookTarget {
    /// Without the secret: it must not reach a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebhookTarget").field("url", &self.url).finish_non_exhaustive()
    }
}
