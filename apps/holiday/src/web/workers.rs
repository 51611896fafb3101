//! A capacity that is known in advance: so many requests are worked on at a time, each for so long, and the others wait.
//!
//! Work is slept, not computed, so that many such services fit on one machine and each of them carries what it says:
//! four at a time for 50 ms each are 80 requests per second. Nobody is refused here; what comes faster waits, in the
//! order it came, as in a service whose processors are busy.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Semaphore, time::Instant};

use crate::timers::Timers;

/// How much is worked on at a time, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Requests at a time; at least one.
    pub workers: usize,
    /// How long each keeps a worker busy.
    pub work: Duration,
}

/// The workers, and what they did so far.
pub(crate) struct Workers {
    capacity: Capacity,
    places: Semaphore,
    counted: Mutex<Counted>,
}

/// What is known of the workers at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WorkersSeen {
    /// How many there are.
    pub(crate) workers: usize,
    /// How many are busy.
    pub(crate) busy: u64,
    /// Requests that wait for one.
    pub(crate) waiting: u64,
    /// Requests that came so far.
    pub(crate) came: u64,
    /// How long workers were busy so far, together: also with what is not done yet.
    pub(crate) busy_for: Duration,
}

struct Counted {
    since: Instant,
    busy_for: Duration,
    busy: u64,
    waiting: u64,
    came: u64,
}

impl Counted {
    /// Counts the time since the last change.
    fn until_now(&mut self) {
        let now = Instant::now();
        self.busy_for += (now - self.since) * u32::try_from(self.busy).unwrap_or(u32::MAX);
        self.since = now;
    }
}

impl Workers {
    pub(crate) fn new(capacity: Capacity) -> Workers {
        let counted =
            Counted { since: Instant::now(), busy_for: Duration::ZERO, busy: 0, waiting: 0, came: 0 };
        Workers { capacity, places: Semaphore::new(capacity.workers), counted: Mutex::new(counted) }
    }

    /// Waits for a worker, and for its work. Whoever goes away meanwhile leaves nothing behind.
    pub(crate) async fn work(&self, timers: &Timers) {
        let waits = Waits::new(self);
        let place = timers.queue.time(self.places.acquire()).await.expect("the semaphore is never closed");
        let works = waits.begin();
        timers.work.time(tokio::time::sleep(self.capacity.work)).await;
        // In this order: who takes the place next begins after this one has ended.
        drop(works);
        drop(place);
    }

    pub(crate) fn seen(&self) -> WorkersSeen {
        let mut counted = self.counted();
        counted.until_now();
        WorkersSeen {
            workers: self.capacity.workers,
            busy: counted.busy,
            waiting: counted.waiting,
            came: counted.came,
            busy_for: counted.busy_for,
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that waits.
struct Waits<'a>(&'a Workers);

impl<'a> Waits<'a> {
    fn new(workers: &'a Workers) -> Waits<'a> {
        let mut counted = workers.counted();
        counted.came += 1;
        counted.waiting += 1;
        Waits(workers)
    }

    fn begin(self) -> Works<'a> {
        let mut counted = self.0.counted();
        counted.until_now();
        counted.busy += 1;
        drop(counted);
        // That it waits no more is said by its end.
        Works(self.0)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.counted().waiting -= 1;
    }
}

/// A request that is worked on.
struct Works<'a>(&'a Workers);

impl Drop for Works<'_> {
    fn drop(&mut self) {
        let mut counted = self.0.counted();
        counted.until_now();
        counted.busy -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_at_a_time_and_the_others_wait() {
        let workers = Arc::new(Workers::new(Capacity { workers: 2, work: Duration::from_millis(50) }));
        let begun = Instant::now();
        let all: Vec<_> = (0..5)
            .map(|_| {
                let workers = Arc::clone(&workers);
                tokio::spawn(async move { workers.work(&Timers::default()).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let WorkersSeen { busy, waiting, came, busy_for, .. } = workers.seen();
        assert_eq!((busy, waiting, came, busy_for), (2, 3, 5, Duration::from_millis(40)));
        for one in all {
            one.await.unwrap();
        }
        let seen = workers.seen();
        assert_eq!((seen.busy, seen.waiting, seen.came), (0, 0, 5));
        let ms = |time: Duration| time.as_millis();
        assert!((250..=265).contains(&ms(seen.busy_for)), "{:?}", seen.busy_for);
        assert!((150..=160).contains(&ms(begun.elapsed())), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_leaves_nothing_behind() {
        let workers = Workers::new(Capacity { workers: 1, work: Duration::from_secs(1) });
        let short = Duration::from_millis(100);
        let timers = Timers::default();
        let both = async { tokio::join!(workers.work(&timers), workers.work(&timers)) };
        assert!(tokio::time::timeout(short, both).await.is_err());
        let seen = workers.seen();
        assert_eq!((seen.busy, seen.waiting, seen.came), (0, 0, 2));
        workers.work(&timers).await;
    }
}
