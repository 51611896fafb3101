//! The tower layer: every request is counted once, however it ends.
//!
//! The time is from the call of the service to the head of its answer; a body that is streamed afterwards is not in it. A request whose
//! future is dropped was cut off, one whose handler panics is counted while the panic passes.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Naming, RequestHead,
    monitor::Inner,
    pending::{During, Pending},
    record::Ending,
    timing::SERVER_TIMING,
};

/// Measures the requests of the services it is put on; from [`crate::Monitor::layer_named`].
pub struct RequestLayer<N> {
    monitor: Arc<Inner>,
    naming: Arc<N>,
}

/// A service whose requests are measured.
pub struct RequestService<S, N> {
    pub(crate) inner: S,
    monitor: Arc<Inner>,
    naming: Arc<N>,
}

impl<N: Naming> RequestLayer<N> {
    pub(crate) fn new(monitor: Arc<Inner>, naming: N) -> RequestLayer<N> {
        RequestLayer { monitor, naming: Arc::new(naming) }
    }

    /// The service with its requests measured, as tower's `Layer::layer` has it: a tower service, or with the feature `hyper` one of hyper.
    pub fn on<S>(&self, service: S) -> RequestService<S, N> {
        RequestService {
            inner: service,
            monitor: Arc::clone(&self.monitor),
            naming: Arc::clone(&self.naming),
        }
    }
}

impl<N> Clone for RequestLayer<N> {
    fn clone(&self) -> RequestLayer<N> {
        RequestLayer { monitor: Arc::clone(&self.monitor), naming: Arc::clone(&self.naming) }
    }
}

impl<S: Clone, N> Clone for RequestService<S, N> {
    fn clone(&self) -> RequestService<S, N> {
        RequestService {
            inner: self.inner.clone(),
            monitor: Arc::clone(&self.monitor),
            naming: Arc::clone(&self.naming),
        }
    }
}

impl<S, N: Naming> Layer<S> for RequestLayer<N> {
    type Service = RequestService<S, N>;

    fn layer(&self, service: S) -> RequestService<S, N> {
        self.on(service)
    }
}

impl<S, N, A, B> Service<Request<A>> for RequestService<S, N>
where
    S: Service<Request<A>, Response = Response<B>>,
    N: Naming,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Answering<S::Future> {
        let pending = self.begin(&request);
        Answering::of(pending, || self.inner.call(request))
    }
}

impl<S, N: Naming> RequestService<S, N> {
    /// Begins to measure a request.
    pub(crate) fn begin<A>(&self, request: &Request<A>) -> Pending {
        let head = RequestHead::of(request);
        Pending::begin(&self.monitor, &head, self.naming.name(&head), self.naming.load_test(&head))
    }
}

pin_project! {
    /// A request that is being answered.
    pub struct Answering<F> {
        #[pin]
        future: F,
        pending: Pending,
    }
}

impl<F> Answering<F> {
    /// What a service does before it returns its future may panic, or begin a query, as well.
    pub(crate) fn of(mut pending: Pending, call: impl FnOnce() -> F) -> Answering<F> {
        let during = During::enter(&mut pending);
        let future = call();
        during.leave();
        Answering { future, pending }
    }
}

impl<B, E, F: Future<Output = Result<Response<B>, E>>> Future for Answering<F> {
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let during = During::enter(this.pending);
        let mut polled = this.future.poll(context);
        during.leave();
        match &mut polled {
            Poll::Pending => {}
            Poll::Ready(Ok(response)) => {
                if let Some(value) = this.pending.server_timing() {
                    // A head that has no room for it goes without.
                    let _ = response.headers_mut().try_append(SERVER_TIMING, value);
                }
                this.pending.answered(response);
            }
            Poll::Ready(Err(_)) => this.pending.end(Ending::Failed, None),
        }
        polled
    }
}
