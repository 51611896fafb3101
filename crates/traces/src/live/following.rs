//! What is followed of a run: requests that ended, spans that came, and the slowest of all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadline_measure::{Schema, SlowRequest, SlowRequests, TagSetId, TracedRequest};
use rustc_hash::FxHashMap;
use tokio::time::Instant;

use crate::account::Account;
use crate::collector::{Collector, Limits, Settled};
use crate::parts::Explained;
use crate::span::Batch;

/// Who wants to know what a request's time in its server went into: a run's ledger.
pub trait Explains: Send {
    /// Takes note of it. Spans come after the request, by a while: its second is over.
    fn explain(&mut self, request: &TracedRequest, explained: &Explained);
}

/// Of rounding, and of a server whose clock runs faster.
const TOLERANCE_NS: u64 = 1_000_000;

/// Whether a server span is longer than the request that it is of, which cannot be.
pub fn is_longer(request: &TracedRequest, explained: &Explained) -> bool {
    explained.server_ns > request.total_ns.saturating_add(TOLERANCE_NS)
}

/// What has come of it in the end.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// The slowest requests of each endpoint, explained where that is possible.
    pub slowest: SlowRequests,
    /// What became of requests and spans.
    pub account: Account,
    /// Requests that found no room on the way, because they were too many at once.
    pub lost: u64,
    /// Messages of spans that were refused: too large, too many at once, or of no form.
    pub refused: u64,
    /// Requests whose server span is longer than the request itself: it explains nothing.
    pub longer: u64,
    /// What went wrong when traces were asked for.
    pub trouble: Vec<String>,
}

/// A run that is followed, for the endpoint and for whoever ends requests.
pub(super) struct Following {
    begun: Instant,
    /// Whether spans come by themselves.
    waits: bool,
    state: Mutex<State>,
    refused: AtomicU64,
}

struct State {
    collector: Collector<TracedRequest>,
    slowest: SlowRequests,
    endpoints: FxHashMap<TagSetId, Endpoint>,
    schema: Option<Arc<Schema>>,
    explains: Option<Box<dyn Explains>>,
    longer: u64,
}

/// What tags say.
#[derive(Clone)]
struct Endpoint {
    name: Arc<str>,
    status: u16,
}

/// Tags that are remembered; beyond that all are forgotten.
const MOST_TAGS: usize = 10_000;

impl Following {
    pub(super) fn new(prefix: u64, waits: bool) -> Self {
        let state = State {
            collector: Collector::new(prefix, Limits::default()),
            slowest: SlowRequests::default(),
            endpoints: FxHashMap::default(),
            schema: None,
            explains: None,
            longer: 0,
        };
        Self { begun: Instant::now(), waits, state: Mutex::new(state), refused: AtomicU64::new(0) }
    }

    /// The run begins.
    pub(super) fn begin(&self, schema: &Arc<Schema>, explains: Option<Box<dyn Explains>>) {
        let mut state = self.state();
        state.schema = Some(Arc::clone(schema));
        state.explains = explains;
    }

    /// A message has come.
    pub(super) fn came(&self, batch: Batch) {
        let now = self.begun.elapsed();
        let mut state = self.state();
        state.collector.invalid(batch.invalid);
        for span in batch.spans {
            state.collector.came(span, now);
        }
    }

    /// A message was not taken.
    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests have ended.
    pub(super) fn ended(&self, requests: &[TracedRequest]) {
        let now = self.begun.elapsed();
        let mut state = self.state();
        for request in requests {
            state.note_slow(request);
            if self.waits {
                state.collector.ended(request.trace, request.span, *request, now);
            }
        }
    }

    /// Settles what is to be settled by now. Whether nobody waits any more.
    pub(super) fn settle(&self) -> bool {
        let now = self.begun.elapsed();
        let mut state = self.state();
        let settled = state.collector.due(now);
        state.explain(settled);
        state.collector.requests() == 0
    }

    /// Settles everything with what there is.
    pub(super) fn finish(&self) -> Followed {
        let mut state = self.state();
        let settled = state.collector.finish();
        state.explain(settled);
        state.explains = None;
        Followed {
            slowest: state.slowest.clone(),
            account: state.collector.account(),
            refused: self.refused.load(Ordering::Relaxed),
            longer: state.longer,
            ..Followed::default()
        }
    }

    /// How long it has been followed.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What the tags of a request say, if the run has begun.
    fn endpoint(&mut self, tags: TagSetId) -> Option<Endpoint> {
        if let Some(known) = self.endpoints.get(&tags) {
            return Some(known.clone());
        }
        let set = self.schema.as_ref()?.tag_set(tags);
        let name = match (set.get("method"), set.get("name").or_else(|| set.get("url"))) {
            (Some(method), Some(name)) => format!("{method} {name}"),
            (None, Some(name)) => name.to_owned(),
            (Some(method), None) => method.to_owned(),
            (None, None) => "all requests".to_owned(),
        };
        let status = set.get("status").and_then(|status| status.parse().ok()).unwrap_or_default();
        let endpoint = Endpoint { name: name.into(), status };
        if self.endpoints.len() >= MOST_TAGS {
            self.endpoints.clear();
        }
        self.endpoints.insert(tags, endpoint.clone());
        Some(endpoint)
    }

    fn note_slow(&mut self, request: &TracedRequest) {
        let Some(endpoint) = self.endpoint(request.tags) else { return };
        if !self.slowest.wants(&endpoint.name, request.total_ns) {
            return;
        }
        let slow = SlowRequest {
            took_ns: request.total_ns,
            trace: format!("{:032x}", request.trace),
            span: format!("{:016x}", request.span),
            ended_unix_ms: request.ended_unix_ns / 1_000_000,
            status: endpoint.status,
            ..SlowRequest::default()
        };
        self.slowest.add(&endpoint.name, slow);
    }

    fn explain(&mut self, settled: Vec<Settled<TracedRequest>>) {
        for (request, outcome) in settled {
            let Ok(explained) = outcome else { continue };
            if is_longer(&request, &explained) {
                self.longer += 1;
                if let Some(explains) = self.explains.as_mut().filter(|_| request.answered) {
                    explains.explain(&request, &explained);
                }
                continue;
            }
            if let Some(explains) = self.explains.as_mut().filter(|_| request.answered) {
                explains.explain(&request, &explained);
            }
            let Some(endpoint) = self.endpoint(request.tags) else { continue };
            if self.slowest.wants(&endpoint.name, request.total_ns) {
                let (trace, span) = (format!("{:032x}", request.trace), format!("{:016x}", request.span));
                let mut slow = self.slowest.iter_mut();
                if let Some(slow) = slow.find(|slow| slow.trace == trace && slow.span == span) {
                    (slow.server_ns, slow.parts) = (explained.server_ns, explained.parts);
                }
            }
        }
    }
}
