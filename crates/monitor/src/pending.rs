//! A request between its begin and its end, whichever server has it: it is counted once, however it ends.

use std::sync::Arc;

use http::{HeaderValue, Method, Response};
use tokio::time::Instant;

use crate::{
    Calls, LoadTest, Name, RequestHead, StreamedCalls,
    monitor::Inner,
    record::{Ending, EndpointIndex, Key, MethodIndex},
    timing::{Around, Parts},
    trace::{Detail, OpenSpan, Scope},
};

/// A request that has begun and is not counted yet.
pub(crate) struct Pending {
    monitor: Arc<Inner>,
    method: Method,
    method_index: MethodIndex,
    target: Target,
    load_test: LoadTest,
    begun: Instant,
    /// What it spent, where its client is told.
    parts: Option<Arc<Parts>>,
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
    pub(crate) fn begin(
        monitor: &Arc<Inner>,
        head: &RequestHead<'_>,
        name: Name<'_>,
        load_test: LoadTest,
    ) -> Pending {
        let begun = Instant::now();
        let endpoints = &monitor.endpoints;
        let target = match name {
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
        let is_told = monitor.timing.get().is_some_and(|whom| whom(head, load_test));
        Pending {
            monitor: Arc::clone(monitor),
            method: head.method.clone(),
            method_index,
            target,
            load_test,
            begun,
            parts: is_told.then(|| Parts::new(&monitor.names)),
            span,
            counted: false,
        }
    }

    /// What is told to its client of where its time went until now.
    pub(crate) fn server_timing(&self) -> Option<HeaderValue> {
        self.parts.as_ref()?.field(self.begun.elapsed())
    }

    /// Counts it as answered.
    pub(crate) fn answered<B>(&mut self, answer: &Response<B>) {
        let (status, headers, extensions) = (answer.status(), answer.headers(), answer.extensions());
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
    pub(crate) fn end(&mut self, ending: Ending, calls: Option<&Calls>) {
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

/// While the handler runs: its span is the current one, so are its parts, and a panic is noticed on its way up. The runtime catches it
/// before the request is dropped, so there it would look like one that was cut off.
pub(crate) struct During<'a> {
    pending: &'a mut Pending,
    _scope: Option<Scope>,
    around: Option<Around>,
    left: bool,
}

impl During<'_> {
    pub(crate) fn enter(pending: &mut Pending) -> During<'_> {
        let scope = pending.span.as_ref().map(|span| Scope::enter(span.0.context));
        let around = pending.parts.take().map(Around::enter);
        During { pending, _scope: scope, around, left: false }
    }

    pub(crate) fn leave(mut self) {
        self.left = true;
    }
}

impl Drop for During<'_> {
    fn drop(&mut self) {
        if let Some(around) = &mut self.around {
            self.pending.parts = around.leave();
        }
        if !self.left {
            self.pending.end(Ending::Panicked, None);
        }
    }
}
