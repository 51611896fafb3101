//! What the run and the thread that follows a database have in common.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use loadline_measure::{Schema, Window};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::settings::DatabaseSettings;
use crate::cost::{CostMetrics, Requests};

/// Knows a project's endpoint by what a comment calls it: its name, a route.
pub type EndpointOf = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
/// Is told what a reader of the figures should know, a line and its hints at a time.
pub type Voiced = Arc<dyn Fn(&str) + Send + Sync>;

/// What the run and the thread have in common.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// A second is over, or all is.
    pub(super) news: Notify,
    /// The snapshot that the load begins with is there.
    pub(super) counted: Condvar,
}

/// A second of the run that is over.
pub(super) struct SecondOver {
    pub(super) second: u64,
    pub(super) heard: Instant,
    pub(super) requests: Vec<(String, Requests)>,
}

/// See [`Shared`].
#[derive(Default)]
pub(super) struct State {
    /// Seconds of the run that are over, when they were heard of, and their requests.
    pub(super) seconds: Vec<SecondOver>,
    pub(super) window: Window,
    /// What was counted before is not of the load.
    pub(super) anew: bool,
    /// When the load began, if it had to without a snapshot.
    pub(super) begun: Option<Instant>,
    pub(super) over: bool,
}

/// What the thread works with.
pub(super) struct Following {
    pub(super) settings: DatabaseSettings,
    pub(super) schema: Arc<Schema>,
    pub(super) metrics: CostMetrics,
    pub(super) shared: Arc<Shared>,
    pub(super) endpoint: EndpointOf,
    pub(super) voice: Voiced,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
