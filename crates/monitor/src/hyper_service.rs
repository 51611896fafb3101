//! The same for hyper 1, whose services are called by `&self` and are always ready: what measures a tower service measures these, and the
//! metrics can be served by hyper alone.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use http::{Request, Response};
use hyper::service::Service;

use crate::{Answering, MetricsService, Naming, RequestService};

impl<S, N, A, B> Service<Request<A>> for RequestService<S, N>
where
    S: Service<Request<A>, Response = Response<B>>,
    N: Naming,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn call(&self, request: Request<A>) -> Answering<S::Future> {
        let pending = self.begin(&request);
        Answering::of(pending, || self.inner.call(request))
    }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        ready(Ok(self.monitor.scrape(request.headers())))
    }
}
