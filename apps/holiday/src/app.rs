//! What every request handler shares.

use std::{sync::Arc, time::Duration};

use crate::{auth::Passwords, payments::PaymentGateway, store::Store};

/// The service's parts.
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    /// Waited before every search: a seeded regression.
    pub(crate) search_delay: Duration,
}
