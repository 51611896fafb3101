//! What an edge is told once, when it begins.

use std::time::Duration;

use http::HeaderValue;
use loadline_edge::Limits;
use loadline_edge::policy::Policy;

use crate::access::Access;
use crate::origin::Origin;

/// What an edge is told once. Rules can change while it serves; these cannot.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What it stands in front of.
    pub origin: Origin,
    /// The `Host` that the origin is to see; none for the client's own.
    pub origin_host: Option<HeaderValue>,
    /// How it acts where the specifications give a choice.
    pub policy: Policy,
    /// How much is kept.
    pub limits: Limits,
    /// Bytes of the largest content of a `QUERY`, which is read before its key is known; a larger one is 413.
    pub largest_query: usize,
    /// For how long an error is kept that does not say so itself; none to keep none.
    pub negative: Option<Duration>,
    /// How much the origin is asked at once.
    pub origin_limits: OriginLimits,
    /// How long it waits.
    pub waits: Waits,
    /// Who may purge.
    pub access: Access,
    /// Whether answers say in `Server-Timing` what the cache and waiting for the origin took.
    pub tells_timing: bool,
}

/// How much an origin is asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginLimits {
    /// So many requests it has at once, at least one; over HTTP/1.1 these are connections.
    pub at_once: usize,
    /// So many wait until it has fewer; beyond, they are 503.
    pub queue: usize,
}

impl Default for OriginLimits {
    /// A thousand at once, and a thousand that wait.
    fn default() -> Self {
        Self { at_once: 1_000, queue: 1_000 }
    }
}

/// How long an edge waits for its origin and for the bodies of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For a connection to the origin, with TLS where it has that.
    pub connect: Duration,
    /// For the head of the origin's answer, once the request is out.
    pub head: Duration,
    /// Until the origin has fewer requests than it may have at once.
    pub queue: Duration,
    /// For more of the origin's answer.
    pub idle: Duration,
    /// For more of a request's content.
    pub content: Duration,
}

impl Default for Waits {
    /// 5 s for a connection and for a place at the origin, 30 s for a head, for more of an answer and for more of a
    /// request.
    fn default() -> Self {
        let usual = Duration::from_secs(30);
        let short = Duration::from_secs(5);
        Self { connect: short, head: usual, queue: short, idle: usual, content: usual }
    }
}

impl Settings {
    /// In front of this origin, and otherwise as usual.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            origin_host: None,
            policy: Policy::default(),
            limits: Limits::default(),
            largest_query: 1 << 20,
            negative: None,
            origin_limits: OriginLimits::default(),
            waits: Waits::default(),
            access: Access::default(),
            tells_timing: false,
        }
    }
}
