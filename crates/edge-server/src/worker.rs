//! What each worker has of its own: connections to the origin, counters, and a way into the log.

use std::sync::Arc;

use loadline_edge::rules::Applied;

use crate::arrival::Client;
use crate::counters::Counters;
use crate::edge::Edge;
use crate::log::{Log, Pen};
use crate::origin::{OriginClient, Urgency};

/// One worker's side of an edge: cheap to clone, for its connections.
#[derive(Clone)]
pub struct EdgeService(pub(crate) Arc<Worker>);

/// What all connections of a worker have in common.
pub(crate) struct Worker {
    pub(crate) edge: Arc<Edge>,
    pub(crate) origin: OriginClient,
    pub(crate) counters: Arc<Counters>,
    pub(crate) pen: Option<Pen>,
}

/// What is to be known of a request beside itself.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) client: Client,
    pub(crate) applied: Option<Applied>,
    pub(crate) urgency: Urgency,
}

impl EdgeService {
    /// One with connections of its own, within the event loop that is to have them.
    pub fn new(edge: &Arc<Edge>) -> Self {
        let origin = OriginClient::new(&edge.origin, edge.settings.waits, &edge.health, &edge.gate);
        let pen = edge.log.get().map(Log::pen);
        Self(Arc::new(Worker { edge: Arc::clone(edge), origin, counters: edge.common.worker(), pen }))
    }
}
