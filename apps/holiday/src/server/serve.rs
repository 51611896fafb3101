//! Connections: accepted, served with a limit on everything a client can take its time with, and ended in order.
//!
//! axum's own loop sets no time for a request's head to arrive, so that a few hundred clients which send nothing would hold a
//! connection each for ever. This one does, also before the protocol is known.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, response::Response};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::web::{HangUp, Peer};

/// Waited after the system had no more sockets or memory for a connection.
const AFTER_EXHAUSTION: Duration = Duration::from_millis(100);

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in flight was answered.
    Completely,
    /// Some took too long and were cut off.
    CutOff,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up on purpose")]
struct HungUp;

/// Serves until `stop`, then lets requests in flight finish for at most `drain`. `head` bounds the time for a request's head.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    head: Duration,
    drain: Duration,
    stop: impl Future<Output = ()>,
) -> Drained {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(head)).max_concurrent_streams(128);
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                connection(stream, peer, &router, &builder, &graceful, head);
            }
            Err(error) => {
                if !is_about_one_connection(&error) {
                    tracing::error!(%error, "cannot accept connections");
                    tokio::time::sleep(AFTER_EXHAUSTION).await;
                }
            }
        }
    }
    drop(listener);
    match tokio::time::timeout(drain, graceful.shutdown()).await {
        Ok(()) => Drained::Completely,
        Err(_) => Drained::CutOff,
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    builder: &Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
    head: Duration,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let begun = Arc::new(AtomicBool::new(false));
    let (router, begins) = (router.clone(), Arc::clone(&begun));
    let service = service_fn(move |mut request: Request<Incoming>| {
        begins.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(Peer(peer));
        let answering = router.clone().oneshot(request);
        async move {
            let response: Result<Response, Infallible> = answering.await;
            match response {
                Ok(response) if response.extensions().get::<HangUp>().is_some() => Err(HungUp),
                Ok(response) => Ok(response),
                Err(never) => match never {},
            }
        }
    });
    let serving = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let mut serving = Box::pin(graceful.watch(serving));
    tokio::spawn(async move {
        // While the protocol is not known, no timer of it runs yet.
        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = tokio::time::sleep(head) => {
                if !begun.load(Ordering::Relaxed) {
                    return;
                }
                serving.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended early");
        }
    });
}

/// The client went away between connecting and being accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
