//! A handle on the request that is being answered, for work that leaves its task.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use pin_project_lite::pin_project;

use super::{
    here::{Around, current},
    parts::Parts,
};
use crate::trace::{self, Context, Scope};

/// The request that is being answered, for work that its own future does not poll: `tokio::spawn`, `spawn_blocking`, a thread.
///
/// What is timed there is then part of the request, and below its span. Anywhere else than in a request it is none, and does nothing.
///
/// ```
/// # async fn handler(select_users: loadline_monitor::Query) {
/// use loadline_monitor::ThisRequest;
///
/// let this = ThisRequest::current();
/// let found = tokio::spawn(this.follow(select_users.time(async { Ok::<_, ()>(7) })));
/// # let _ = found.await; }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ThisRequest {
    parts: Option<Arc<Parts>>,
    span: Option<Context>,
}

impl ThisRequest {
    /// The one in whose time this thread runs.
    pub fn current() -> ThisRequest {
        ThisRequest { parts: current(), span: trace::current() }
    }

    /// A future that works for this request wherever it is polled.
    pub fn follow<F: Future>(&self, future: F) -> Followed<F> {
        Followed { future, request: self.clone() }
    }

    /// Does work for this request on the thread that this is called on.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Ends it, also after a panic.
        struct Within(Around);
        impl Drop for Within {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        let _around = self.parts.clone().map(|parts| Within(Around::enter(parts)));
        let _scope = self.span.map(Scope::enter);
        work()
    }
}

pin_project! {
    /// A future that works for a request; from [`ThisRequest::follow`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Followed<F> {
        #[pin]
        future: F,
        request: ThisRequest,
    }
}

impl<F: Future> Future for Followed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        this.request.within(|| future.poll(context))
    }
}
