//! Begins spans and hands the finished ones to the exporter, by a queue that never makes anybody wait.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;
use tokio::sync::mpsc;

use super::{Context, Detail, Sampler, Span, current, identifier, parse_traceparent};

/// A later `tracestate` would not be forwarded by others either: W3C asks for at least this much.
const LONGEST_STATE: usize = 512;

/// Makes spans.
#[derive(Debug)]
pub(crate) struct Tracer {
    sampler: Sampler,
    finished: mpsc::Sender<Span>,
    pub(crate) dropped: AtomicU64,
}

/// A span that is not finished.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    pub(crate) context: Context,
    parent: u64,
    trace_state: String,
    begin_ns: u64,
}

impl Tracer {
    /// The span of a request: a child of the caller's, when there is one. Also one that is not kept is made, so that its children are
    /// not kept either.
    pub(crate) fn server(&self, headers: &HeaderMap) -> OpenSpan {
        let parent = parse_traceparent(headers);
        let trace = match parent {
            Some(parent) => parent.trace,
            None => u128::from(identifier::random()) << 64 | u128::from(identifier::random()),
        };
        let sampled = self.sampler.keeps(trace, parent);
        let state = headers.get("tracestate").filter(|state| sampled && state.len() <= LONGEST_STATE);
        let state = state.filter(|_| parent.is_some()).and_then(|state| state.to_str().ok());
        OpenSpan {
            context: Context { trace, span: identifier::random(), sampled },
            parent: parent.map_or(0, |parent| parent.span),
            trace_state: state.unwrap_or_default().to_owned(),
            begin_ns: now_ns(),
        }
    }

    /// Keeps what the sampler says and hands it to a queue.
    pub(crate) fn new(sampler: Sampler, finished: mpsc::Sender<Span>) -> Tracer {
        Tracer { sampler, finished, dropped: AtomicU64::new(0) }
    }

    /// A span below the current one; `None` without a current one that is kept.
    pub(crate) fn child() -> Option<OpenSpan> {
        let parent = current().filter(|parent| parent.sampled)?;
        Some(OpenSpan {
            context: Context { span: identifier::random(), ..parent },
            parent: parent.span,
            trace_state: String::new(),
            begin_ns: now_ns(),
        })
    }

    /// Ends a span. When the queue is full, the span is dropped and counted.
    pub(crate) fn end(&self, open: OpenSpan, elapsed: Duration, detail: impl FnOnce() -> Detail) {
        if !open.context.sampled {
            return;
        }
        let span = Span {
            trace: open.context.trace,
            id: open.context.span,
            parent: open.parent,
            trace_state: open.trace_state,
            begin_ns: open.begin_ns,
            end_ns: open.begin_ns.saturating_add(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)),
            detail: detail(),
        };
        if self.finished.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
