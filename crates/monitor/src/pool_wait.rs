//! The wait for a connection of a pool: `db_pool_wait_duration_ms`, `db.client.connection.wait_time`.
//!
//! It is no part of the query that it was for, wherever the query's timer was put: a wait that ends tells the query that is polled around
//! it, on the same thread at that moment, and the query leaves it out. One that got no connection never ran.

use std::{
    cell::Cell,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::{
    record::Histogram,
    timing::{Named, Parts},
};

/// How long was waited for connections of one pool.
#[derive(Debug)]
pub(crate) struct PoolWaitInner {
    pub(crate) pool: String,
    pub(crate) part: Named,
    pub(crate) durations: Histogram,
}

/// Times waits for connections of one pool; from [`crate::Monitor::pool_waits`].
#[derive(Clone, Debug)]
pub struct PoolWaits(Arc<PoolWaitInner>);

thread_local! {
    /// What the query that is polled on this thread just now has waited.
    static CURRENT: Cell<Option<Waited>> = const { Cell::new(None) };
}

/// What a query has waited for connections.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Waited {
    time: Duration,
    since: Option<Instant>,
    asked: bool,
    got: bool,
}

impl PoolWaits {
    pub(crate) fn new(inner: Arc<PoolWaitInner>) -> PoolWaits {
        PoolWaits(inner)
    }

    /// Times a wait, from its first poll to its end; one that is given up, or brings no connection, counts too.
    pub fn time<T, E, F: Future<Output = Result<T, E>>>(&self, wait: F) -> TimedWait<F> {
        TimedWait { wait, waits: self.clone(), running: None }
    }

    /// How many waits there were.
    pub fn count(&self) -> u64 {
        self.0.durations.counts().count()
    }

    /// A time that so large a share of all waits did not exceed: the upper end of a bucket, so never too little. `None` when there were
    /// none, or when it was longer than any bucket.
    pub fn at_most(&self, share: f64) -> Option<Duration> {
        self.0.durations.at_most(share)
    }
}

impl Waited {
    /// Notes the waits of what is polled meanwhile.
    pub(crate) fn during<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        /// Puts back what was there, also after a panic.
        struct Restore<'a> {
            waited: &'a mut Waited,
            around: Option<Waited>,
        }
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                *self.waited = CURRENT.replace(self.around).unwrap_or_default();
            }
        }
        let around = CURRENT.replace(Some(*self));
        let _restore = Restore { waited: self, around };
        poll()
    }

    /// What is left for the query of the time since it was begun; nothing when it never had a connection.
    pub(crate) fn left_of(&self, elapsed: Duration) -> Option<Duration> {
        let waiting = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        (self.got || !self.asked).then(|| elapsed.saturating_sub(self.time + waiting))
    }

    fn note(change: impl FnOnce(&mut Waited)) {
        CURRENT.with(|current| {
            if let Some(mut waited) = current.get() {
                waited.asked = true;
                change(&mut waited);
                current.set(Some(waited));
            }
        });
    }
}

/// Counted when dropped, however it ends.
struct RunningWait {
    waits: PoolWaits,
    parts: Option<Arc<Parts>>,
    begun: Instant,
}

impl Drop for RunningWait {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        self.waits.0.durations.record(elapsed);
        if let Some(parts) = &self.parts {
            self.waits.0.part.note(parts, elapsed);
        }
    }
}

pin_project! {
    /// A future that is timed as a wait for a connection; from [`PoolWaits::time`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TimedWait<F> {
        #[pin]
        wait: F,
        waits: PoolWaits,
        running: Option<RunningWait>,
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for TimedWait<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Result<T, E>> {
        let this = self.project();
        let waits = &*this.waits;
        let begun = this
            .running
            .get_or_insert_with(|| RunningWait {
                waits: waits.clone(),
                parts: waits.0.part.current(),
                begun: Instant::now(),
            })
            .begun;
        let polled = this.wait.poll(context);
        match &polled {
            Poll::Pending => Waited::note(|waited| waited.since = Some(begun)),
            Poll::Ready(result) => {
                *this.running = None;
                Waited::note(|waited| {
                    waited.since = None;
                    waited.time += begun.elapsed();
                    waited.got |= result.is_ok();
                });
            }
        }
        polled
    }
}
