//! A request of a server whose services are neither tower's nor hyper's, such as actix: a middleware begins it, lets the handler run within
//! it, and says how it was answered.

use std::{future::poll_fn, pin::pin, sync::Arc};

use http::{HeaderValue, Response};

use crate::{
    monitor::Inner,
    pending::{During, Pending},
    record::Ending,
    {LoadTest, Name, RequestHead},
};

/// A request that is being answered; from [`crate::Monitor::begin`]. Dropped without a word it counts as cut off, as when the client
/// went away.
#[must_use = "the request counts as cut off when this is dropped"]
pub struct RunningRequest {
    pending: Pending,
}

impl RunningRequest {
    pub(crate) fn begin(
        monitor: &Arc<Inner>,
        head: &RequestHead<'_>,
        name: Name<'_>,
        load_test: LoadTest,
    ) -> RunningRequest {
        RunningRequest { pending: Pending::begin(monitor, head, name, load_test) }
    }

    /// Runs the handler: queries and calls in it are below the request's span, and if it panics, that is what is counted.
    pub async fn around<F: Future>(&mut self, handler: F) -> F::Output {
        let mut handler = pin!(handler);
        poll_fn(|context| {
            let during = During::enter(&mut self.pending);
            let polled = handler.as_mut().poll(context);
            during.leave();
            polled
        })
        .await
    }

    /// The field `Server-Timing` for its answer, where its client is told ([`crate::Monitor::tell_timing`]): to be put there beside those
    /// that the service wrote itself, when the head is ready.
    pub fn server_timing(&self) -> Option<HeaderValue> {
        self.pending.server_timing()
    }

    /// Ends it with an answer, of which status, headers and extensions count.
    pub fn answered<B>(mut self, answer: &Response<B>) {
        self.pending.answered(answer);
    }

    /// Ends it without one: a service below failed.
    pub fn failed(mut self) {
        self.pending.end(Ending::Failed, None);
    }
}
