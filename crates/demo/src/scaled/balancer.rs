//! A small balancer: each request goes to one replica, and its answer back, byte by byte.
//!
//! It tries nothing twice, so that what a replica loses is seen. Who gets what is said by [`Pool`]; a request counts as
//! its replica's until the last byte of the answer is gone.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::time::Instant;
use tower_service::Service;

use super::pool::{Id, Pool, Spread};

/// How long a connection to a replica is kept for the next request: well below what replicas keep them for.
const KEPT: Duration = Duration::from_secs(5);
/// Fields that are between two neighbours (RFC 9110, section 7.6.1).
const BETWEEN_TWO: [header::HeaderName; 5] =
    [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];

/// What became of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Those that came.
    pub came: u64,
    /// Those for which there was no replica.
    pub no_replica: u64,
    /// Those whose replica was gone before they were answered.
    pub cut_off: u64,
    /// Those of them whose replica was draining.
    pub cut_off_draining: u64,
    /// Those that went to replicas which drained later.
    pub of_drained: u64,
}

/// Where requests come in, and who they go to.
#[derive(Clone)]
pub(crate) struct Balancer {
    state: Arc<Mutex<State>>,
    client: Client<HttpConnector, Incoming>,
    first: watch::Sender<Option<Instant>>,
}

struct State {
    pool: Pool,
    addresses: BTreeMap<Id, Authority>,
    draining: BTreeMap<Id, bool>,
    requests: Requests,
}

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

impl Balancer {
    pub(crate) fn new(spread: Spread) -> Self {
        let state = State {
            pool: Pool::new(spread),
            addresses: BTreeMap::new(),
            draining: BTreeMap::new(),
            requests: Requests::default(),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(KEPT)
            .retry_canceled_requests(false)
            .build_http();
        Self { state: Arc::new(Mutex::new(state)), client, first: watch::Sender::new(None) }
    }

    /// When the first request came; waits for it.
    pub(crate) async fn first_request(&self) -> Instant {
        let mut first = self.first.subscribe();
        let came = first.wait_for(Option::is_some).await;
        came.ok().and_then(|came| *came).unwrap_or_else(Instant::now)
    }

    /// From now on a replica gets requests.
    pub(crate) fn add(&self, id: Id, address: Authority) {
        let mut state = self.state();
        state.addresses.insert(id, address);
        state.draining.insert(id, false);
        state.pool.add(id);
    }

    /// From now on a replica gets nothing new.
    pub(crate) fn drain(&self, id: Id) {
        let mut state = self.state();
        state.pool.drain(id);
        state.draining.insert(id, true);
    }

    /// A replica gets nothing new until it is added again; it is not draining for that.
    pub(crate) fn suspend(&self, id: Id) {
        self.state().pool.drain(id);
    }

    /// Requests that a replica still has.
    pub(crate) fn in_flight(&self, id: Id) -> u64 {
        self.state().pool.in_flight(id)
    }

    /// A replica is gone, orderly or not.
    pub(crate) fn remove(&self, id: Id) {
        let mut state = self.state();
        if state.draining.remove(&id) == Some(true) {
            state.requests.of_drained += state.pool.taken(id);
        }
        state.addresses.remove(&id);
        state.pool.remove(id);
    }

    pub(crate) fn requests(&self) -> Requests {
        self.state().requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A replica for one more request.
    fn lease(&self) -> Option<(Lease, Authority)> {
        let mut state = self.state();
        state.requests.came += 1;
        if state.requests.came == 1 {
            self.first.send_replace(Some(Instant::now()));
        }
        let id = state.pool.take(rand::random());
        let address = id.and_then(|id| state.addresses.get(&id).cloned());
        let Some((id, address)) = id.zip(address) else {
            state.requests.no_replica += 1;
            return None;
        };
        drop(state);
        Some((Lease { balancer: self.clone(), id }, address))
    }

    async fn forward(self, request: Request<Incoming>) -> Response<Body> {
        let Some((lease, address)) = self.lease() else {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "no replica is ready\n");
        };
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut uri = http::uri::Parts::default();
        (uri.scheme, uri.authority, uri.path_and_query) = (Some(Scheme::HTTP), Some(address), Some(path));
        parts.uri = Uri::from_parts(uri).unwrap_or_default();
        parts.version = Version::HTTP_11;
        between_others(&mut parts.headers);
        let answer = self.client.request(Request::from_parts(parts, body)).await;
        let Ok(answer) = answer else {
            lease.cut_off();
            return refusal(StatusCode::BAD_GATEWAY, "the replica is gone\n");
        };
        let (mut parts, body) = answer.into_parts();
        between_others(&mut parts.headers);
        // The lease ends with the body, whether all of it was read or not.
        let body = body.map_err(move |error| {
            lease.cut_off();
            error
        });
        Response::from_parts(parts, body.boxed_unsync())
    }
}

/// A request that a replica has.
struct Lease {
    balancer: Balancer,
    id: Id,
}

impl Lease {
    /// It was not answered.
    fn cut_off(&self) {
        let mut state = self.balancer.state();
        state.requests.cut_off += 1;
        if state.draining.get(&self.id).copied().unwrap_or(false) {
            state.requests.cut_off_draining += 1;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.balancer.state().pool.give_back(self.id);
    }
}

impl Service<Request<Incoming>> for Balancer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let balancer = self.clone();
        Box::pin(async move { Ok(balancer.forward(request).await) })
    }
}

fn between_others(headers: &mut HeaderMap) {
    for name in BETWEEN_TWO {
        headers.remove(name);
    }
}

fn refusal(status: StatusCode, words: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(words.as_bytes())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}
