//! Requests to other services: `http.client.request.duration`, and a span below the request's.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};
use tokio::time::Instant;

use crate::{
    LoadTest,
    monitor::Inner,
    record::{Budget, Ending, Key, MethodIndex, SeriesTable},
    timing::{Named, Parts},
    trace::{Detail, OpenSpan, Tracer},
};

/// Label sets of one target.
const LABEL_SETS: usize = 50;

/// What is known of one target.
#[derive(Debug)]
pub(crate) struct OutgoingInner {
    pub(crate) server_address: String,
    pub(crate) series: SeriesTable,
    part: Named,
    budget: Budget,
}

/// Times requests to one other service; from [`crate::Monitor::outgoing`].
#[derive(Clone)]
pub struct Outgoing {
    monitor: Arc<Inner>,
    target: Arc<OutgoingInner>,
}

/// A request that is not answered yet. Dropped without [`RunningCall::answered`], it counts as one that failed.
pub struct RunningCall {
    monitor: Arc<Inner>,
    target: Arc<OutgoingInner>,
    method: MethodIndex,
    begun: Instant,
    parts: Option<Arc<Parts>>,
    span: Option<OpenSpan>,
    ending: Ending,
}

impl OutgoingInner {
    pub(crate) fn new(server_address: &str, part: Named) -> OutgoingInner {
        OutgoingInner {
            server_address: server_address.to_owned(),
            series: SeriesTable::new(),
            part,
            budget: Budget::new(LABEL_SETS),
        }
    }

    fn record(&self, method: MethodIndex, ending: Ending, elapsed: Duration) {
        // A status that does not fit any more is counted without it.
        let key = |ending| Key { method, ending, load_test: LoadTest::No };
        let found = self.series.get(key(ending), &self.budget);
        if let Some(series) = found.or_else(|| self.series.get(key(Ending::Status(0)), &Budget::new(1))) {
            series.durations.record(elapsed);
        }
    }
}

impl Outgoing {
    pub(crate) fn new(monitor: Arc<Inner>, target: Arc<OutgoingInner>) -> Outgoing {
        Outgoing { monitor, target }
    }

    /// Begins to count one attempt.
    #[must_use = "the request is counted when this is dropped"]
    pub fn start(&self, method: &Method) -> RunningCall {
        RunningCall {
            monitor: Arc::clone(&self.monitor),
            target: Arc::clone(&self.target),
            method: MethodIndex::of(method),
            begun: Instant::now(),
            parts: self.target.part.current(),
            span: if self.monitor.tracer.get().is_some() { Tracer::child() } else { None },
            ending: Ending::Failed,
        }
    }
}

impl RunningCall {
    /// Ends it with the answer's status.
    pub fn answered(mut self, status: StatusCode) {
        self.ending = Ending::Status(status.as_u16());
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        self.target.record(self.method, self.ending, elapsed);
        if let Some(parts) = &self.parts {
            self.target.part.note(parts, elapsed);
        }
        if let (Some(span), Some(tracer)) = (self.span.take(), self.monitor.tracer.get()) {
            let (target, method, ending) = (Arc::clone(&self.target), self.method, self.ending);
            tracer.end(span, elapsed, || Detail::Client { target, method, ending });
        }
    }
}
