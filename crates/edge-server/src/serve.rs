//! An edge that listens.

use std::future::Future;
use std::io;
use std::sync::Arc;

use loadline_serve::{Bound, Drained, Patience, serve_on_workers};

use crate::edge::Edge;
use crate::worker::EdgeService;

/// Serves on so many threads until `stop`, then lets requests in flight finish.
///
/// # Errors
/// The system has no thread, or no event loop for one.
pub async fn serve(
    edge: &Arc<Edge>,
    bounds: Vec<Bound>,
    workers: usize,
    patience: Patience,
    stop: impl Future<Output = ()>,
) -> io::Result<Drained> {
    let edge = Arc::clone(edge);
    serve_on_workers(bounds, workers, move || EdgeService::new(&edge), patience, stop).await
}
