//! Windows on their way from the hub to the thread that sends them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadline_measure::Window;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Windows that may wait: a thread that is further behind gets longer ones.
const MOST: usize = 64;

/// What was measured until a time.
#[derive(Debug)]
pub(super) struct Measured {
    /// Milliseconds since 1970 UTC.
    pub(super) time_ms: i64,
    pub(super) window: Window,
}

/// Where they wait.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    inner: Mutex<Inner>,
    new: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: VecDeque<Measured>,
    is_over: bool,
}

impl Mailbox {
    /// Adds a window, and never waits.
    pub(super) fn put(&self, measured: Measured) {
        {
            let mut inner = self.lock();
            if inner.waiting.len() < MOST {
                inner.waiting.push_back(measured);
            } else if let Some(last) = inner.waiting.back_mut() {
                last.window.merge(measured.window);
                last.time_ms = measured.time_ms;
            }
        }
        self.new.notify_one();
    }

    /// Says that nothing more is to come.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.new.notify_one();
    }

    /// What has come, once something has, and at the latest after so long; and whether nothing more is to come.
    pub(super) async fn take(&self, at_most: Option<Duration>) -> (VecDeque<Measured>, bool) {
        let waits = self.new.notified();
        match at_most {
            // What has come is there, whether the time was enough or not.
            Some(at_most) => drop(timeout(at_most, waits).await),
            None => waits.await,
        }
        let mut inner = self.lock();
        (std::mem::take(&mut inner.waiting), inner.is_over)
    }

    // A panic elsewhere cannot leave it half-changed.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{MetricKind, Recorder, Schema, Series, TagSetId, Unit};

    use super::*;

    #[tokio::test]
    async fn what_finds_no_room_is_in_the_last_window() {
        let schema = Schema::new();
        let metric = schema.define("requests", MetricKind::Counter, Unit::Plain).unwrap();
        let mut recorder = Recorder::new(schema);
        let mailbox = Mailbox::default();
        for second in 0..1000 {
            recorder.record(metric, 1.0, TagSetId::EMPTY);
            mailbox.put(Measured { time_ms: second, window: recorder.take_window() });
        }
        mailbox.end();
        let (all, is_over) = mailbox.take(None).await;
        assert!(is_over);
        assert_eq!((all.len(), all.back().unwrap().time_ms), (MOST, 999));
        let series = Series { metric, tags: TagSetId::EMPTY };
        let counts = all.iter().map(|one| one.window.get(series).unwrap().count());
        assert_eq!(counts.sum::<u64>(), 1000);
    }
}
