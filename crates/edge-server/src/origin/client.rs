//! One worker's connections to the origin.

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;

use super::address::Origin;
use super::connector::Connector;
use super::failure::Failure;
use super::gate::{Gate, Place, Urgency};
use super::health::Health;
use super::outgoing::{Outgoing, Progress};
use crate::settings::Waits;

/// A connection that is not used is closed after this; origins keep theirs open for about as long, or longer.
const IDLE: Duration = Duration::from_secs(4);

/// The largest head of an answer.
const LARGEST_HEAD_BYTES: usize = 64 * 1024;

/// One worker's connections to the origin.
#[derive(Clone)]
pub(crate) struct OriginClient {
    origin: Arc<Origin>,
    waits: Waits,
    health: Arc<Health>,
    gate: Arc<Gate>,
    usual: Client<Connector, Outgoing>,
    /// For connections that are upgraded, which HTTP/2 has not.
    http1: Client<Connector, Outgoing>,
}

/// The content of an answer, which has its place at the origin until it is dropped.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) body: Incoming,
    _place: Place,
}

/// Whether a connection may be upgraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrades {
    /// It is not going to be.
    No,
    /// It may be.
    Wanted,
}

impl OriginClient {
    pub(crate) fn new(origin: &Arc<Origin>, waits: Waits, health: &Arc<Health>, gate: &Arc<Gate>) -> Self {
        let client = |config: Option<&Arc<ClientConfig>>| {
            let tls = origin.tls.as_ref().zip(config);
            let connector = Connector {
                host: origin.host.clone(),
                port: origin.port,
                tls: tls.map(|(tls, config)| (TlsConnector::from(Arc::clone(config)), tls.name.clone())),
                wait: waits.connect,
            };
            let mut builder = Client::builder(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .http1_max_buf_size(LARGEST_HEAD_BYTES)
                .http2_max_header_list_size(LARGEST_HEAD_BYTES as u32);
            builder.build(connector)
        };
        Self {
            usual: client(origin.tls.as_ref().map(|tls| &tls.usual)),
            http1: client(origin.tls.as_ref().map(|tls| &tls.http1)),
            origin: Arc::clone(origin),
            waits,
            health: Arc::clone(health),
            gate: Arc::clone(gate),
        }
    }

    /// Sends a request, whose address is the origin's from now on, once it has a place there, and waits for the head of
    /// the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn send(
        &self,
        mut request: Request<Outgoing>,
        upgrades: Upgrades,
        urgency: Urgency,
    ) -> Result<Response<Content>, Failure> {
        let attempt = self.health.attempt(Instant::now()).ok_or(Failure::Down)?;
        let place = self.gate.enter(urgency).await?;
        let authority = self.authority(request.headers_mut());
        *request.uri_mut() = self.address(authority, request.uri())?;
        *request.version_mut() = http::Version::HTTP_11;
        // What has not changed anything may be asked twice: the connection that it was sent on may have been at its end
        // just then.
        let again = (request.method().is_safe() && upgrades == Upgrades::No)
            .then(|| request.body().again())
            .flatten()
            .map(|body| {
                let mut again = Request::new(body);
                *again.method_mut() = request.method().clone();
                *again.uri_mut() = request.uri().clone();
                *again.headers_mut() = request.headers().clone();
                again
            });
        let mut sent = self.once(request, upgrades).await;
        if let (Err(Failure::Ended), Some(again)) = (&sent, again) {
            sent = self.once(again, upgrades).await;
        }
        match sent.as_ref().map_err(Failure::blame) {
            Ok(_) => attempt.answered(),
            Err(Some(blame)) => attempt.failed(blame, Instant::now()),
            Err(None) => drop(attempt),
        }
        sent.map(|answer| answer.map(|body| Content { body, _place: place }))
    }

    async fn once(
        &self,
        request: Request<Outgoing>,
        upgrades: Upgrades,
    ) -> Result<Response<Incoming>, Failure> {
        let client = if upgrades == Upgrades::Wanted { &self.http1 } else { &self.usual };
        let progress = request.body().progress();
        // Connecting has a time of its own.
        let wait = self.waits.connect + self.waits.head;
        tokio::select! {
            answered = client.request(request) => answered.map_err(|error| Failure::of(&error)),
            () = overdue(wait, progress) => Err(Failure::HeadTimedOut(self.waits.head)),
        }
    }

    /// What the address of a request says of the host. Where HTTP/2 may be spoken, whose requests name their host there
    /// and nowhere else, it is the one that is asked for; connections are the origin's whatever it says.
    fn authority(&self, headers: &mut HeaderMap) -> Authority {
        let own = || self.origin.authority.clone();
        if self.origin.tls.is_none() {
            return own();
        }
        headers.remove(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok()).unwrap_or_else(own)
    }

    fn address(&self, authority: Authority, uri: &Uri) -> Result<Uri, Failure> {
        let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Uri::builder()
            .scheme(self.origin.scheme.clone())
            .authority(authority)
            .path_and_query(target)
            .build()
            .map_err(|error| Failure::Malformed(error.to_string()))
    }
}

/// Ends when nothing of the request has gone out for this long, and no answer came.
async fn overdue(wait: Duration, progress: Option<Arc<Progress>>) {
    let pieces = || progress.as_ref().map(|progress| progress.pieces());
    let mut before = pieces();
    loop {
        sleep(wait).await;
        if pieces() == before {
            return;
        }
        before = pieces();
    }
}
