//! The query timer: `db_query_duration_ms`, `db.client.operation.duration`, and a span below the request's.
//!
//! A wait for a connection within it is left out, if [`crate::PoolWaits`] times it; the span has both, since it is what the caller waited.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::{
    monitor::Inner,
    pool_wait::Waited,
    record::Histogram,
    timing::{Named, Parts},
    trace::{Detail, OpenSpan, Tracer},
};

/// What queries of one kind took.
#[derive(Debug)]
pub(crate) struct QueryInner {
    pub(crate) operation: String,
    pub(crate) model: String,
    pub(crate) part: Named,
    pub(crate) durations: Histogram,
}

/// Times queries of one kind; from [`crate::Monitor::query`].
#[derive(Clone)]
pub struct Query {
    monitor: Arc<Inner>,
    query: Arc<QueryInner>,
}

/// A query that runs; it is counted when this is dropped, however it ends.
pub struct RunningQuery {
    monitor: Arc<Inner>,
    query: Arc<QueryInner>,
    begun: Instant,
    waited: Waited,
    parts: Option<Arc<Parts>>,
    span: Option<OpenSpan>,
    failed: bool,
}

impl Query {
    pub(crate) fn new(monitor: Arc<Inner>, query: Arc<QueryInner>) -> Query {
        Query { monitor, query }
    }

    /// Begins to count: keep what is returned until the query has ended.
    #[must_use = "the query is counted when this is dropped"]
    pub fn start(&self) -> RunningQuery {
        RunningQuery {
            monitor: Arc::clone(&self.monitor),
            query: Arc::clone(&self.query),
            begun: Instant::now(),
            waited: Waited::default(),
            parts: self.query.part.current(),
            span: if self.monitor.tracer.get().is_some() { Tracer::child() } else { None },
            failed: false,
        }
    }

    /// Times a future from its first poll to its end; one that is given up counts too. An error marks the span. Waits for connections
    /// that [`crate::PoolWaits`] times in it are left out, and a query that got no connection is none.
    pub fn time<T, E, F: Future<Output = Result<T, E>>>(&self, future: F) -> TimedQuery<F> {
        TimedQuery { future, query: self.clone(), running: None }
    }
}

impl RunningQuery {
    /// Marks the query's span as failed.
    pub fn failed(&mut self) {
        self.failed = true;
    }
}

impl Drop for RunningQuery {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        if let Some(took) = self.waited.left_of(elapsed) {
            self.query.durations.record(took);
            if let Some(parts) = &self.parts {
                self.query.part.note(parts, took);
            }
        }
        if let (Some(span), Some(tracer)) = (self.span.take(), self.monitor.tracer.get()) {
            let (query, failed) = (Arc::clone(&self.query), self.failed);
            tracer.end(span, elapsed, || Detail::Query { query, failed });
        }
    }
}

pin_project! {
    /// A future that is timed as a query; from [`Query::time`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TimedQuery<F> {
        #[pin]
        future: F,
        query: Query,
        running: Option<RunningQuery>,
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for TimedQuery<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Result<T, E>> {
        let this = self.project();
        let query = &*this.query;
        let running = this.running.get_or_insert_with(|| query.start());
        let polled = running.waited.during(|| this.future.poll(context));
        if let Poll::Ready(result) = &polled {
            running.failed = result.is_err();
            *this.running = None;
        }
        polled
    }
}
