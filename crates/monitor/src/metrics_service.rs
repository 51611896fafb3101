//! The metrics as a tower service, so that every server can have them at a path or on a listener of their own.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use crate::Monitor;

/// Answers every request with the metrics; from [`Monitor::metrics`].
#[derive(Clone, Debug)]
pub struct MetricsService {
    pub(crate) monitor: Monitor,
}

impl MetricsService {
    pub(crate) fn new(monitor: Monitor) -> MetricsService {
        MetricsService { monitor }
    }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.monitor.scrape(request.headers())))
    }
}
