//! One connection: served with a limit on everything a client can take its time with.
//!
//! Ordinary servers set no time for a request's head to arrive, so that a few hundred clients which send nothing would
//! hold a connection each for ever. This one does, also before the protocol is known, and while TLS is agreed on.

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
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::direct::Direct;
use crate::patience::Patience;
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

/// In the extensions of requests whose connection has TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted;

/// What serves connections, one after another.
pub(crate) struct Server<S> {
    service: S,
    builder: Builder<TokioExecutor>,
    patience: Patience,
    drains: watch::Receiver<bool>,
}

/// What has been accepted, and by what.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: Option<TlsAcceptor>,
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
    /// One that ends its connections when `drains` says so.
    pub(crate) fn new(service: S, patience: Patience, drains: watch::Receiver<bool>) -> Self {
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
        Self { service, builder, patience, drains }
    }

    /// Serves a connection, beside whatever else there is to do.
    pub(crate) fn connection(&self, accepted: Accepted, graceful: &GracefulShutdown) {
        let Accepted { stream, peer, tls } = accepted;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let watcher = graceful.watcher();
        let stream = Patient::new(Direct(stream), self.patience.write);
        let blocked = stream.blocked();
        let Some(acceptor) = tls else {
            tokio::spawn(self.serving(stream, blocked, (Peer(peer), None), watcher));
            return;
        };
        let peer = (Peer(peer), Some(Encrypted));
        let (head, mut drains) = (self.patience.head, self.drains.clone());
        let serving = Self {
            service: self.service.clone(),
            builder: self.builder.clone(),
            patience: self.patience,
            drains: self.drains.clone(),
        };
        tokio::spawn(async move {
            let agreed = tokio::select! {
                agreed = timeout(head, acceptor.accept(stream)) => agreed,
                _ = drains.wait_for(|draining| *draining) => return,
            };
            match agreed {
                Ok(Ok(stream)) => serving.serving(stream, blocked, peer, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, "no TLS was agreed on"),
                Err(_) => tracing::debug!("TLS was not agreed on in time"),
            }
        });
    }

    /// Serves what is ready for HTTP, to its end.
    fn serving<I>(
        &self,
        stream: I,
        blocked: Arc<AtomicBool>,
        (peer, encrypted): (Peer, Option<Encrypted>),
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + use<I, S, B>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let multiplexed = Arc::new(AtomicBool::new(false));
        let under_way = UnderWay::default();
        let (service, begins) = (TowerToHyperService::new(self.service.clone()), Arc::clone(&begun));
        let (begins_one, is_multiplexed) = (under_way.clone(), Arc::clone(&multiplexed));
        let service = service_fn(move |mut request: Request<Incoming>| {
            begins.store(true, Ordering::Relaxed);
            is_multiplexed.store(request.version() == Version::HTTP_2, Ordering::Relaxed);
            let one = begins_one.begin();
            request.extensions_mut().insert(peer);
            if let Some(encrypted) = encrypted {
                request.extensions_mut().insert(encrypted);
            }
            let answering = service.call(request);
            async move { answering.await.map(|answer| answer.map(|body| Owed::new(body, one))) }
        });
        let serving = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let (head, mut drains) = (self.patience.head, self.drains.clone());
        async move {
            let mut serving = std::pin::pin!(watcher.watch(serving));
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
        }
    }
}
