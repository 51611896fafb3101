//! Connections: accepted, served, and ended in order.

use std::error::Error;
use std::future::Future;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::watch;
use tokio::time::timeout;
use tower_service::Service;

use crate::bound::Bound;
use crate::connection::Server;
use crate::exhaustion::{Exhaustion, accept};
use crate::patience::{Drained, Patience};

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
    let graceful = GracefulShutdown::new();
    let (draining, drains) = watch::channel(false);
    let server = Server::new(service, patience, drains);
    let mut exhaustion = Exhaustion::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = accept(&bound, &mut exhaustion) => server.connection(accepted, &graceful),
            () = &mut stop => break,
        }
    }
    drop(bound);
    draining.send_replace(true);
    match timeout(patience.drain, graceful.shutdown()).await {
        Ok(()) => Drained::Completely,
        Err(_) => Drained::CutOff,
    }
}
