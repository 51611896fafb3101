//! The tower layer: every request is counted once, however it ends.
//!
//! The time is from the call of the service to the head of its answer; a body that is streamed afterwards is not in it. A request whose
//! future is dropped was cut off, one whose handler panics is counted while the panic passes.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Calls, LoadTest, Name, Naming, RequestHead, StreamedCalls,
    monitor::Inner,
    record::{Ending, EndpointIndex, Key, MethodIndex},
    trace::{Detail, OpenSpan, Scope},
};

/// Measures the requests of the services it is put on; from [`crate::Monitor::layer_named`].
pub struct RequestLayer<N> {
    monitor: Arc<Inner>,
    naming: Arc<N>,
}

/// A service whose requests are measured.
pub struct RequestService<S, N> {
    inner: S,
    monitor: Arc<Inner>,
    naming: Arc<N>,
}

impl<N: Naming> RequestLayer<N> {
    pub(crate) fn new(monitor: Arc<Inner>, naming: N) -> RequestLayer<N> {
        RequestLayer { monitor, naming: Arc::new(naming) }
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

impl<S, N> Layer<S> for RequestLayer<N> {
    type Service = RequestService<S, N>;

    fn layer(&self, inner: S) -> RequestService<S, N> {
        RequestService { inner, monitor: Arc::clone(&self.monitor), naming: Arc::clone(&self.naming) }
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
        let mut pending = Pending::begin(&self.monitor, self.naming.as_ref(), &RequestHead::of(&request));
        // What a service does before it returns its future may panic, or begin a query, as well.
        let during = During::enter(&mut pending);
        let future = self.inner.call(request);
        during.leave();
        Answering { future, pending }
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

impl<B, E, F: Future<Output = Result<Response<B>, E>>> Future for Answering<F> {
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let during = During::enter(this.pending);
        let polled = this.future.poll(context);
        during.leave();
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Ok(response)) => {
                this.pending.answered(response.status(), response.headers(), response.extensions());
            }
            Poll::Ready(Err(_)) => this.pending.end(Ending::Failed, None),
        }
        polled
    }
}

/// A request that has begun and is not counted yet.
struct Pending {
    monitor: Arc<Inner>,
    method: Method,
    method_index: MethodIndex,
    target: Target,
    load_test: LoadTest,
    begun: Instant,
    span: Option<Box<(OpenSpan, Box<str>)>>,
    counted: bool,
}

/// What a request is counted under.
enum Target {
    One(EndpointIndex),
    /// The request, and the calls in it.
    Batch(EndpointIndex, Vec<EndpointIndex>),
}

impl Pending {
    fn begin(monitor: &Arc<Inner>, naming: &impl Naming, head: &RequestHead<'_>) -> Pending {
        let begun = Instant::now();
        let endpoints = &monitor.endpoints;
        let target = match naming.name(head) {
            Name::Unmatched => Target::One(endpoints.unmatched()),
            Name::Route(route) => Target::One(endpoints.find(Some(route), Some(route))),
            Name::Endpoint { route, endpoint } => Target::One(endpoints.find(Some(route), Some(endpoint))),
            Name::Batch { route, endpoints: calls } => Target::Batch(
                endpoints.find(Some(route), None),
                calls.iter().map(|call| endpoints.find(None, Some(call))).collect(),
            ),
        };
        let method_index = MethodIndex::of(head.method);
        monitor.active.add(method_index, 1);
        let span = monitor.tracer.get().map(|tracer| {
            let span = tracer.server(head.headers);
            let path = if span.context.sampled { head.uri.path() } else { "" };
            Box::new((span, path.into()))
        });
        Pending {
            monitor: Arc::clone(monitor),
            method: head.method.clone(),
            method_index,
            target,
            load_test: naming.load_test(head),
            begun,
            span,
            counted: false,
        }
    }

    fn answered(&mut self, status: StatusCode, headers: &HeaderMap, extensions: &Extensions) {
        let endpoint = match &self.target {
            Target::One(endpoint) => {
                self.monitor.endpoints.get(*endpoint).cache.record(&self.method, status, headers);
                None
            }
            Target::Batch(..) => match extensions.get::<StreamedCalls>() {
                Some(streamed) => {
                    let ending = Ending::Status(status.as_u16());
                    let key = Key { method: self.method_index, ending, load_test: self.load_test };
                    streamed.begin(&self.monitor, key);
                    Some(&Calls(Vec::new()))
                }
                None => extensions.get::<Calls>(),
            },
        };
        self.end(Ending::Status(status.as_u16()), endpoint);
    }

    /// Counts it, once.
    fn end(&mut self, ending: Ending, calls: Option<&Calls>) {
        if std::mem::replace(&mut self.counted, true) {
            return;
        }
        let elapsed = self.begun.elapsed();
        let endpoints = &self.monitor.endpoints;
        let key = Key { method: self.method_index, ending, load_test: self.load_test };
        match (&self.target, calls) {
            (Target::One(endpoint), _) => endpoints.record(*endpoint, key, elapsed),
            (Target::Batch(request, _), Some(calls)) => {
                endpoints.record(*request, key, elapsed);
                for call in &calls.0 {
                    let key = Key { ending: Ending::Status(call.status.as_u16()), ..key };
                    endpoints.record(endpoints.find(None, Some(&call.endpoint)), key, call.elapsed);
                }
            }
            (Target::Batch(request, calls), None) => {
                endpoints.record(*request, key, elapsed);
                for call in calls {
                    endpoints.record(*call, key, elapsed);
                }
            }
        }
        self.monitor.active.add(self.method_index, -1);
        if let (Some(span), Some(tracer)) = (self.span.take(), self.monitor.tracer.get()) {
            let (span, path) = *span;
            let (Target::One(endpoint) | Target::Batch(endpoint, _)) = self.target;
            tracer.end(span, elapsed, || Detail::Server {
                method: self.method_index,
                route: endpoints.get(endpoint).route.clone(),
                path,
                ending,
                load_test: self.load_test,
            });
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.end(Ending::CutOff, None);
    }
}

/// While the handler runs: its span is the current one, and a panic is noticed on its way up. The runtime catches it before the
/// request is dropped, so there it would look like one that was cut off.
struct During<'a> {
    pending: &'a mut Pending,
    _scope: Option<Scope>,
    left: bool,
}

impl During<'_> {
    fn enter(pending: &mut Pending) -> During<'_> {
        let scope = pending.span.as_ref().map(|span| Scope::enter(span.0.context));
        During { pending, _scope: scope, left: false }
    }

    fn leave(mut self) {
        self.left = true;
    }
}

impl Drop for During<'_> {
    fn drop(&mut self) {
        if !self.left {
            self.pending.end(Ending::Panicked, None);
        }
    }
}
