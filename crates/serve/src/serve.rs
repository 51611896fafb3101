//! Connections: accepted, served with a limit on everything a client can take its time with, and ended in order.
//!
//! Ordinary loops set no time for a request's head to arrive, so that a few hundred clients which send nothing would
//! hold a connection each for ever. This one does, also before the protocol is known.

use std::error::Error;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response, Version};
use hyper::body::{Body, Incoming};
use hyper::service::Service as _;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;

use crate::bound::Bound;
use crate::exhaustion::{AFTER_EXHAUSTION, Exhaustion, is_about_one_connection};
use crate::patient::Patient;
use crate::under_way::{Owed, UnderWay};

/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 128;

/// A request's head may be so large; a larger one is 431.
const LARGEST_HEAD_BYTES: usize = 64 * 1024;

/// At the end of a server, how often a connection is looked at that may have nothing more to do.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Who is at the other end of the connection; in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// How long a server waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the whole head of a request.
    pub head: Duration,
    /// For a client to read anything of what was written for it.
    pub write: Duration,
    /// For requests in flight to be answered, when the server stops.
    pub drain: Duration,
}

impl Default for Patience {
    /// 10 s for a head, 30 s for a reader, 10 s for the end.
    fn default() -> Self {
        Self { head: Duration::from_secs(10), write: Duration::from_secs(30), drain: Duration::from_secs(10) }
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in flight was answered.
    Completely,
    /// Some took too long and were cut off.
    CutOff,
}

/// Serves until `stop`, then lets requests in flight finish. A service's error closes its connection without an answer.
pub async fn serve<S, B>(
    bound: Bound,
    service: S,
    patience: Patience,
    stop: impl Future<Output = ()>,
) -> Drained
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(LARGEST_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(patience.head))
        .max_header_list_size(LARGEST_HEAD_BYTES as u32)
        .max_concurrent_streams(STREAMS);
    let graceful = GracefulShutdown::new();
    let (draining, drains) = watch::channel(false);
    let server = Server { service, builder, patience, drains };
    let mut exhaustion = Exhaustion::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = bound.listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => server.connection(stream, peer, &graceful),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if let Some(times) = exhaustion.note(Instant::now()) {
                    tracing::error!(%error, times, "cannot accept connections");
                }
                sleep(AFTER_EXHAUSTION).await;
            }
        }
    }
    drop(bound);
    draining.send_replace(true);
    match timeout(patience.drain, graceful.shutdown()).await {
        Ok(()) => Drained::Completely,
        Err(_) => Drained::CutOff,
    }
}

struct Server<S> {
    service: S,
    builder: Builder<TokioExecutor>,
    patience: Patience,
    drains: watch::Receiver<bool>,
}

impl<S, B> Server<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn connection(&self, stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let begun = Arc::new(AtomicBool::new(false));
        let multiplexed = Arc::new(AtomicBool::new(false));
        let under_way = UnderWay::default();
        let (service, begins) = (TowerToHyperService::new(self.service.clone()), Arc::clone(&begun));
        let (begins_one, is_multiplexed) = (under_way.clone(), Arc::clone(&multiplexed));
        let service = service_fn(move |mut request: Request<Incoming>| {
            begins.store(true, Ordering::Relaxed);
            is_multiplexed.store(request.version() == Version::HTTP_2, Ordering::Relaxed);
            let one = begins_one.begin();
            request.extensions_mut().insert(Peer(peer));
            let answering = service.call(request);
            async move { answering.await.map(|answer| answer.map(|body| Owed::new(body, one))) }
        });
        let stream = Patient::new(stream, self.patience.write);
        let blocked = stream.blocked();
        let serving = self.builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let mut serving = Box::pin(graceful.watch(serving));
        let (head, mut drains) = (self.patience.head, self.drains.clone());
        tokio::spawn(async move {
            // An HTTP/2 connection also owes what its windows have no room for, and ends by itself: heads come whole
            // there.
            let owes_nothing = || {
                under_way.is_none()
                    && !blocked.load(Ordering::Relaxed)
                    && !multiplexed.load(Ordering::Relaxed)
            };
            // While the protocol is not known, no timer of it runs yet.
            let silent = async {
                sleep(head).await;
                if begun.load(Ordering::Relaxed) {
                    pending::<()>().await;
                }
            };
            // At the end, who has been sent everything has nothing to wait for, however much of another head has come.
            let done = async {
                let _ = drains.wait_for(|draining| *draining).await;
                loop {
                    sleep(BETWEEN_LOOKS).await;
                    if owes_nothing() {
                        return;
                    }
                }
            };
            let ended = tokio::select! {
                ended = &mut serving => ended,
                () = silent => return,
                () = done => return,
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
}
