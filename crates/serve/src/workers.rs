//! Many connections on many cores: one thread accepts and deals them out in turn, and each worker has an event loop of
//! its own.
//!
//! A worker's connections share no queue and no lock with those of others. Dealing in turn keeps workers equally busy
//! when a client opens a few connections and keeps them, which listeners on one port do not; and nobody can listen on
//! a taken address unnoticed, as those could.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_util::future::join_all;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::bound::Bound;
use crate::connection::{Accepted, Server};
use crate::exhaustion::{Exhaustion, accept};
use crate::patience::{Drained, Patience};

/// So many connections may wait for a worker that has no time for them; then no more are accepted, and the system's own
/// queue fills.
const WAITING: usize = 1024;

/// A connection on its way to a worker.
struct Dealt {
    stream: std::net::TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
}

/// Serves on so many threads until `stop`, then lets requests in flight finish. Each worker has a service of its own,
/// which `service` makes within its event loop.
///
/// # Errors
/// The system has no thread, or no event loop for one.
pub async fn serve_on_workers<F, S, B>(
    bounds: Vec<Bound>,
    workers: usize,
    service: F,
    patience: Patience,
    stop: impl Future<Output = ()>,
) -> io::Result<Drained>
where
    F: Fn() -> S + Clone + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (draining, drains) = watch::channel(false);
    let mut queues = Vec::new();
    let mut ends = Vec::new();
    for index in 0..workers.max(1) {
        let (queue, dealt) = mpsc::channel(WAITING);
        let (ended, end) = oneshot::channel();
        let (service, drains) = (service.clone(), drains.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
            let drained = runtime.block_on(async { worker(dealt, service(), patience, drains).await });
            // Nobody may wait for it any more.
            let _ = ended.send(drained);
        })?;
        queues.push(queue);
        ends.push(end);
    }
    tokio::select! {
        never = dealing(&bounds, &queues) => match never {},
        () = stop => {}
    }
    drop(bounds);
    draining.send_replace(true);
    let mut drained = Drained::Completely;
    for end in ends {
        // A worker that is gone has cut off what it had.
        if end.await != Ok(Drained::Completely) {
            drained = Drained::CutOff;
        }
    }
    Ok(drained)
}

/// Accepts on all of them, and deals out, for ever.
async fn dealing(bounds: &[Bound], queues: &[mpsc::Sender<Dealt>]) -> Infallible {
    let turn = AtomicUsize::new(0);
    let listening = bounds.iter().map(|bound| listening(bound, queues, &turn));
    join_all(listening).await;
    pending().await
}

async fn listening(bound: &Bound, queues: &[mpsc::Sender<Dealt>], turn: &AtomicUsize) {
    let mut exhaustion = Exhaustion::default();
    loop {
        let accepted = accept(bound, &mut exhaustion).await;
        // Taken out of this event loop, to be put into another.
        let Ok(stream) = accepted.stream.into_std() else { continue };
        let dealt = Dealt { stream, peer: accepted.peer, tls: accepted.tls };
        let first = turn.fetch_add(1, Ordering::Relaxed);
        // One that has no time is passed over, as long as there is another.
        let mut left = Some(dealt);
        for index in 0..queues.len() {
            let Some(dealt) = left.take() else { break };
            if let Err(TrySendError::Full(back) | TrySendError::Closed(back)) =
                queues[(first + index) % queues.len()].try_send(dealt)
            {
                left = Some(back);
            }
        }
        if let Some(dealt) = left {
            // Only a worker that died takes none for ever; the connection goes with it.
            let _ = queues[first % queues.len()].send(dealt).await;
        }
    }
}

/// Serves what is dealt to this thread.
async fn worker<S, B>(
    mut dealt: mpsc::Receiver<Dealt>,
    service: S,
    patience: Patience,
    mut drains: watch::Receiver<bool>,
) -> Drained
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let graceful = GracefulShutdown::new();
    let server = Server::new(service, patience, drains.clone());
    loop {
        let Dealt { stream, peer, tls } = tokio::select! {
            one = dealt.recv() => match one {
                Some(one) => one,
                None => break,
            },
            _ = drains.wait_for(|draining| *draining) => break,
        };
        match TcpStream::from_std(stream) {
            Ok(stream) => server.connection(Accepted { stream, peer, tls }, &graceful),
            Err(error) => tracing::error!(%error, "a connection was accepted and cannot be served"),
        }
    }
    match timeout(patience.drain, graceful.shutdown()).await {
        Ok(()) => Drained::Completely,
        Err(_) => Drained::CutOff,
    }
}
