//! The handle that everything hangs on: cheap to clone, shared by the layer, the timers and the scrape.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, Request, Response};

use crate::{
    LoadTest, MetricsService, Name, Naming, Outgoing, Part, PoolLevels, PoolWaits, Query, RequestHead,
    RequestLayer, RunningRequest,
    outgoing::OutgoingInner,
    pool_wait::PoolWaitInner,
    query::QueryInner,
    record::{Active, Endpoints, Histogram, OTHER, QUERIES},
    text,
    timing::Names,
    trace::{Tracer, now_ns},
};

/// How many different labels there may be; what is beyond is counted under `(other)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Names of endpoints.
    pub endpoints: usize,
    /// Label sets of requests: endpoint, method, status, load test or not. Each takes 1.5 KB at most.
    pub label_sets: usize,
    /// Pairs of operation and model, targets of outgoing calls, and parts that a service names itself, each.
    pub queries: usize,
}

/// Names of parts beside those that [`Limits::queries`] is about: `pool`, `(other)` of each kind.
const FURTHER_NAMES: usize = 8;

impl Default for Limits {
    fn default() -> Limits {
        Limits { endpoints: 200, label_sets: 2_000, queries: 200 }
    }
}

/// The metrics of one service.
#[derive(Clone)]
pub struct Monitor {
    pub(crate) inner: Arc<Inner>,
}

/// How levels of a pool are read.
type ReadLevels = Box<dyn Fn() -> PoolLevels + Send + Sync>;

/// Whether a request's client is told where its time went.
type TellTiming = Box<dyn Fn(&RequestHead<'_>, LoadTest) -> bool + Send + Sync>;

/// What all handles share.
pub(crate) struct Inner {
    pub(crate) limits: Limits,
    pub(crate) endpoints: Endpoints,
    pub(crate) active: Active,
    pub(crate) queries: Mutex<Vec<Arc<QueryInner>>>,
    pub(crate) outgoing: Mutex<Vec<Arc<OutgoingInner>>>,
    pub(crate) pools: Mutex<Vec<(String, ReadLevels)>>,
    pub(crate) waits: Mutex<Vec<Arc<PoolWaitInner>>>,
    /// Hits and misses of endpoints, as a cache in front tells them.
    pub(crate) told: Mutex<BTreeMap<String, (u64, u64)>>,
    /// `db.system.name`, like `postgresql`.
    pub(crate) database_system: OnceLock<String>,
    pub(crate) timing: OnceLock<TellTiming>,
    /// Of the parts of requests.
    pub(crate) names: Arc<Names>,
    pub(crate) tracer: OnceLock<Tracer>,
    pub(crate) exports: Exports,
    /// When counting began, in nanoseconds since 1970.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "only OTLP says since when"))]
    pub(crate) start_ns: u64,
}

/// How the exporter fares.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    pub(crate) spans_sent: AtomicU64,
    /// Spans that were in a request the collector did not take.
    pub(crate) spans_lost: AtomicU64,
    pub(crate) failed_traces: AtomicU64,
    pub(crate) failed_metrics: AtomicU64,
}

impl Default for Monitor {
    fn default() -> Monitor {
        Monitor::new(Limits::default())
    }
}

impl Monitor {
    /// An empty one.
    pub fn new(limits: Limits) -> Monitor {
        Monitor {
            inner: Arc::new(Inner {
                limits,
                endpoints: Endpoints::new(limits.endpoints, limits.label_sets),
                active: Active::new(),
                queries: Mutex::default(),
                outgoing: Mutex::default(),
                pools: Mutex::default(),
                waits: Mutex::default(),
                told: Mutex::default(),
                database_system: OnceLock::new(),
                timing: OnceLock::new(),
                names: Names::new(limits.queries.saturating_mul(3).saturating_add(FURTHER_NAMES)),
                tracer: OnceLock::new(),
                exports: Exports::default(),
                start_ns: now_ns(),
            }),
        }
    }

    /// A layer that measures requests and names them by the route that axum matched: for `Router::layer`.
    #[cfg(feature = "axum")]
    pub fn layer(&self) -> RequestLayer<crate::MatchedPaths> {
        self.layer_named(crate::MatchedPaths)
    }

    /// A layer that measures requests and asks `naming` for their names.
    pub fn layer_named<N: Naming>(&self, naming: N) -> RequestLayer<N> {
        RequestLayer::new(Arc::clone(&self.inner), naming)
    }

    /// Begins to measure a request, for a server on which no [`RequestLayer`] can be put. The name becomes a label: it must come from a small
    /// set. Of the request its method, path and, with an exporter, `traceparent` count.
    pub fn begin<B>(&self, request: &Request<B>, name: Name<'_>, load_test: LoadTest) -> RunningRequest {
        RunningRequest::begin(&self.inner, &RequestHead::of(request), name, load_test)
    }

    /// The database that queries go to, in OpenTelemetry's words for `db.system.name`: `postgresql`, `sqlite`, `mysql`. Only the first
    /// call counts.
    pub fn set_database_system(&self, name: &str) {
        let _ = self.inner.database_system.set(name.to_owned());
    }

    /// A timer for queries of one kind: `operation` like `select`, `model` like `programs`. Made once and kept: finding it takes a lock,
    /// using it does not. Both become labels; beyond [`Limits::queries`] pairs they are `(other)`.
    pub fn query(&self, operation: &str, model: &str) -> Query {
        let mut queries = lock(&self.inner.queries);
        let known = |operation: &str, model: &str, all: &[Arc<QueryInner>]| {
            all.iter().find(|query| query.operation == operation && query.model == model).cloned()
        };
        let (mut operation, mut model) = (operation, model);
        if known(operation, model, &queries).is_none() && queries.len() >= self.inner.limits.queries {
            (operation, model) = (OTHER, OTHER);
        }
        let query = known(operation, model, &queries).unwrap_or_else(|| {
            let made = Arc::new(QueryInner {
                operation: operation.to_owned(),
                model: model.to_owned(),
                part: self.inner.names.of_kind("db", &[operation, model]),
                durations: Histogram::new(&QUERIES),
            });
            queries.push(Arc::clone(&made));
            made
        });
        drop(queries);
        Query::new(Arc::clone(&self.inner), query)
    }

    /// A timer for requests to another service, by its host name, which becomes the label `server.address`. Made once and kept, like
    /// [`Monitor::query`].
    pub fn outgoing(&self, server_address: &str) -> Outgoing {
        let mut all = lock(&self.inner.outgoing);
        let known = |address: &str| all.iter().find(|target| target.server_address == address).cloned();
        let has_room = all.len() < self.inner.limits.queries;
        let (found, address) = match known(server_address) {
            None if !has_room => (known(OTHER), OTHER),
            found => (found, server_address),
        };
        let target = found.unwrap_or_else(|| {
            let part = self.inner.names.of_kind("out", &[address]);
            let made = Arc::new(OutgoingInner::new(address, part));
            all.push(Arc::clone(&made));
            made
        });
        drop(all);
        Outgoing::new(Arc::clone(&self.inner), target)
    }

    /// A pool of connections whose levels are read at each scrape, so that they cost nothing between. `read` must not block.
    pub fn observe_pool(&self, name: &str, read: impl Fn() -> PoolLevels + Send + Sync + 'static) {
        lock(&self.inner.pools).push((name.to_owned(), Box::new(read)));
    }

    /// A timer for waits for a connection of the pool of this name, which becomes a label. Made once and kept, like [`Monitor::query`].
    pub fn pool_waits(&self, name: &str) -> PoolWaits {
        let mut all = lock(&self.inner.waits);
        let known = all.iter().find(|waits| waits.pool == name).cloned();
        PoolWaits::new(known.unwrap_or_else(|| {
            let made = Arc::new(PoolWaitInner {
                pool: name.to_owned(),
                part: self.inner.names.chosen("pool"),
                durations: Histogram::new(&QUERIES),
            });
            all.push(Arc::clone(&made));
            made
        }))
    }

    /// A timer for a part of requests that is neither a query nor a call, by its name: `render`, `hash`, or `queue` for what a request
    /// waited before anything was done for it. A dot puts a part into another: `render.rows` is within `render`. Made once and kept, like
    /// [`Monitor::query`]. `total` and `other` are the monitor's own.
    pub fn part(&self, name: &str) -> Part {
        Part::new(self.inner.names.chosen(name))
    }

    /// Has answers say where their time went, in `Server-Timing` (<https://www.w3.org/TR/server-timing/>): those to requests of which
    /// `whom` says so. Without this none do, because it tells strangers how a service works, and how long a query took without the
    /// network that hides it. Only the first call counts.
    ///
    /// ```
    /// use loadline_monitor::{LoadTest, Monitor};
    /// let monitor = Monitor::default();
    /// monitor.tell_timing(|_, load_test| load_test == LoadTest::Proven);
    /// ```
    ///
    /// The field has milliseconds with three digits: `total` from the begin of the request to the head of its answer, `pool` for waits
    /// that [`PoolWaits`] times, `db.OPERATION-MODEL` for each kind of [`Query`] without such waits, `out.HOST` for [`Outgoing`] calls,
    /// and the [`Part`]s that a service names. What is there several times is added up, also where it went on at the same time, so that
    /// parts may be more than the whole. Of one request 16 different parts have a name, and what is beyond is `other`. Only what has
    /// ended by then is in it. Fields that a service writes itself stay.
    ///
    /// A part counts for the request whose future polls it. What it spawns is followed where it was given [`crate::ThisRequest`]. A
    /// [`RunningRequest`] has the field to be put on its answer.
    pub fn tell_timing(&self, whom: impl Fn(&RequestHead<'_>, LoadTest) -> bool + Send + Sync + 'static) {
        let _ = self.inner.timing.set(Box::new(whom));
    }

    /// Takes a cache's word for how many requests of an endpoint it has answered itself, and how many it has not, since its start. From
    /// then on the endpoint's `cache_hit_rate` is that, and no longer what answers of this service tell; beyond [`Limits::endpoints`]
    /// names nothing is taken.
    pub fn tell_cache(&self, endpoint: &str, hits: u64, misses: u64) {
        let mut told = lock(&self.inner.told);
        if told.len() < self.inner.limits.endpoints || told.contains_key(endpoint) {
            told.insert(endpoint.to_owned(), (hits, misses));
        }
    }

    /// A service that answers every request with the metrics: for `Router::route_service("/metrics", …)`, or any tower server.
    pub fn metrics(&self) -> MetricsService {
        MetricsService::new(self.clone())
    }

    /// The metrics in the text format that the headers of a request accept: OpenMetrics 1.0 when asked for, or else Prometheus 0.0.4.
    pub fn scrape(&self, request: &HeaderMap) -> Response<String> {
        let format = text::Format::of(request);
        text::respond(format, &crate::gather::gather(&self.inner))
    }
}

/// What is behind a lock, also after a panic of somebody's `read` while it was held: nothing there is ever half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// How many spans did not find room in the queue.
    pub(crate) fn spans_dropped(&self) -> u64 {
        self.tracer.get().map_or(0, |tracer| tracer.dropped.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Monitor").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}
