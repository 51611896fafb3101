//! How many requests the origin has at once, and how many wait for their turn.
//!
//! A cache that has just been emptied would otherwise send an origin all at once what it has kept from it for hours.
//! Beyond what it is to have at once requests wait, in the order in which they came; when as many wait as may, or one
//! has waited for too long, they get an error at once that says so, or what is stale. What is asked in the background,
//! for nobody in particular, does not wait at all.
//!
//! A request has its place until its answer has come to its end. Over HTTP/1.1 that is a connection; one that has
//! become something else, such as a WebSocket, is not counted any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::failure::Failure;
use crate::settings::OriginLimits;

/// The way to the origin, for all workers.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: OriginLimits,
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
    wait: Duration,
}

/// A request's place at the origin, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Whether somebody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A client does.
    Awaited,
    /// Nobody does: it is for whoever comes next.
    Background,
}

/// One that waits.
struct Waiting<'g>(&'g AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(limits: OriginLimits, wait: Duration) -> Self {
        let room = limits.at_once.clamp(1, Semaphore::MAX_PERMITS);
        Self { limits, room: Arc::new(Semaphore::new(room)), waiting: AtomicUsize::new(0), wait }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// There is none, and no room to wait for one, or none came in time.
    pub(super) async fn enter(&self, urgency: Urgency) -> Result<Place, Failure> {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        let full = || Failure::QueueFull { at_once: self.limits.at_once, waiting: self.limits.queue };
        if urgency == Urgency::Background {
            return Err(full());
        }
        let joins = |waiting: usize| (waiting < self.limits.queue).then_some(waiting + 1);
        if self.waiting.try_update(Ordering::Relaxed, Ordering::Relaxed, joins).is_err() {
            return Err(full());
        }
        let _waiting = Waiting(&self.waiting);
        match timeout(self.wait, Arc::clone(&self.room).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit }),
            Ok(Err(_)) => Err(full()),
            Err(_) => Err(Failure::QueueTimedOut(self.wait)),
        }
    }

    /// How many requests the origin has at this moment.
    pub(crate) fn in_flight(&self) -> u64 {
        let room = self.limits.at_once.clamp(1, Semaphore::MAX_PERMITS);
        room.saturating_sub(self.room.available_permits()) as u64
    }

    /// How many wait for a place.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn gate(at_once: usize, queue: usize) -> Gate {
        Gate::new(OriginLimits { at_once, queue }, Duration::from_secs(5))
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_no_place_waits_for_one_and_not_for_ever() {
        let gate = gate(1, 1);
        let place = gate.enter(Urgency::Awaited).await.unwrap();
        let full = Failure::QueueFull { at_once: 1, waiting: 1 };
        assert_eq!(gate.enter(Urgency::Background).await.unwrap_err(), full);
        {
            let mut waiting = pin!(gate.enter(Urgency::Awaited));
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            assert_eq!((gate.in_flight(), gate.waiting()), (1, 1));
            assert_eq!(gate.enter(Urgency::Awaited).await.unwrap_err(), full, "as many wait as may");
            drop(place);
            let Poll::Ready(Ok(_place)) = waiting.as_mut().poll(&mut context) else { panic!("it waits") };
            let late = gate.enter(Urgency::Awaited).await.unwrap_err();
            assert_eq!(late, Failure::QueueTimedOut(Duration::from_secs(5)));
        }
        assert_eq!((gate.in_flight(), gate.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn who_leaves_the_queue_leaves_its_place_in_it() {
        let gate = gate(1, 1);
        let _place = gate.enter(Urgency::Awaited).await.unwrap();
        for _ in 0..3 {
            let mut waiting = pin!(gate.enter(Urgency::Awaited));
            assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(gate.waiting(), 1);
        }
    }
}
