//! Times parts of requests that are neither queries nor calls: waiting in line, hashing, rendering.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::{
    names::{Named, PartId},
    parts::Parts,
};

/// Times one part of requests; from [`crate::Monitor::part`]. The default is of no monitor and times nothing.
///
/// It is told to clients that [`crate::Monitor::tell_timing`] lets know, and costs nothing in other requests.
#[derive(Clone, Debug, Default)]
pub struct Part(Option<Named>);

/// A part that goes on; it is noted when this is dropped, however it ends.
pub struct RunningPart {
    /// `None` where nobody wants to know.
    running: Option<(PartId, Arc<Parts>, Instant)>,
}

impl Part {
    pub(crate) fn new(named: Named) -> Part {
        Part(Some(named))
    }

    /// Begins to time: keep what is returned until the part has ended. It counts for the request in which it was begun, wherever it ends.
    #[must_use = "the part is noted when this is dropped"]
    pub fn start(&self) -> RunningPart {
        let running = self.0.as_ref().and_then(|named| Some((named.id, named.current()?, Instant::now())));
        RunningPart { running }
    }

    /// Times a future from its first poll to its end; one that is given up counts too.
    pub fn time<F: Future>(&self, future: F) -> TimedPart<F> {
        TimedPart { future, part: self.clone(), running: None }
    }

    /// Times work that does not wait.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _running = self.start();
        work()
    }

    /// Adds a time that somebody else measured, such as what a request waited before it came to this thread. What was before the layer
    /// began is not within `total`.
    pub fn add(&self, took: Duration) {
        if let Some((named, parts)) = self.0.as_ref().and_then(|named| Some((named, named.current()?))) {
            named.note(&parts, took);
        }
    }
}

impl Drop for RunningPart {
    fn drop(&mut self) {
        if let Some((id, parts, begun)) = &self.running {
            parts.add(*id, begun.elapsed());
        }
    }
}

pin_project! {
    /// A future that is timed as a part; from [`Part::time`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TimedPart<F> {
        #[pin]
        future: F,
        part: Part,
        running: Option<RunningPart>,
    }
}

impl<F: Future> Future for TimedPart<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let part = &*this.part;
        this.running.get_or_insert_with(|| part.start());
        let polled = this.future.poll(context);
        if polled.is_ready() {
            *this.running = None;
        }
        polled
    }
}
