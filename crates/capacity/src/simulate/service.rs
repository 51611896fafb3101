//! The services: each takes a request at a time and says at once when it will be answered, and how.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chance::{Chance, Law};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// When it is answered, in seconds of the simulation.
    pub at_s: f64,
    /// Whether well.
    pub well: bool,
}

/// What kind of service it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Some workers with one queue.
    Workers {
        /// How many.
        workers: usize,
        /// How long each takes for a request.
        service: Law,
    },
    /// So many per second are answered, at once; others are refused.
    RateLimiter {
        /// How many per second.
        per_s: f64,
        /// How many may come at once.
        at_once: f64,
    },
    /// So many at a time; others are refused.
    ConnectionLimit {
        /// How many.
        limit: usize,
        /// How long each takes.
        service: Law,
    },
    /// Everybody works side by side, and goes one at a time through a lock in between.
    Lock {
        /// How long the lock is held.
        held: Law,
        /// How long the rest takes.
        beside: Law,
    },
    /// Workers whose requests are short where the cache has the answer, and it fills with requests.
    WarmingCache {
        /// How many workers.
        workers: usize,
        /// How long a request takes that the cache answers.
        hit: Law,
        /// How long one that it does not answer.
        miss: Law,
        /// After so many requests, the share of misses that can be avoided is down to a third.
        fills_in: f64,
        /// The share of misses when it is full.
        rest: f64,
    },
    /// Workers that take half as long again after so many requests.
    Leak {
        /// How many workers.
        workers: usize,
        /// How long each takes at first.
        service: Law,
        /// After how many requests it breaks.
        breaks_after: u64,
    },
    /// Workers that refuse what would wait for longer.
    Shedder {
        /// How many workers.
        workers: usize,
        /// How long each takes.
        service: Law,
        /// The longest wait, in seconds.
        most_wait_s: f64,
    },
    /// Workers that do everything twice once requests wait for long, until nobody waits any more: retries feed it.
    Metastable {
        /// How many workers.
        workers: usize,
        /// How long each takes.
        service: Law,
        /// The wait that makes clients ask again, in seconds.
        tips_at_s: f64,
    },
}

/// A service in some state.
#[derive(Clone, Debug)]
pub struct Service {
    kind: Kind,
    chance: Chance,
    /// When workers are free, or when those within are done.
    busy: BinaryHeap<Reverse<Time>>,
    requests: u64,
    tokens: f64,
    last_s: f64,
    tipped: bool,
}

/// Finite times, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Time(pub(super) f64);

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How long a refusal takes, in seconds.
const REFUSAL_S: f64 = 0.001;

impl Kind {
    /// The same, so many times as fast: as if time itself went faster.
    #[must_use]
    pub const fn faster(self, times: f64) -> Self {
        match self {
            Self::Workers { workers, service } => Self::Workers { workers, service: service.faster(times) },
            Self::RateLimiter { per_s, at_once } => Self::RateLimiter { per_s: per_s * times, at_once },
            Self::ConnectionLimit { limit, service } => {
                Self::ConnectionLimit { limit, service: service.faster(times) }
            }
            Self::Lock { held, beside } => {
                Self::Lock { held: held.faster(times), beside: beside.faster(times) }
            }
            Self::WarmingCache { workers, hit, miss, fills_in, rest } => Self::WarmingCache {
                workers,
                hit: hit.faster(times),
                miss: miss.faster(times),
                fills_in: fills_in * times,
                rest,
            },
            Self::Leak { workers, service, breaks_after } => Self::Leak {
                workers,
                service: service.faster(times),
                breaks_after: (breaks_after as f64 * times) as u64,
            },
            Self::Shedder { workers, service, most_wait_s } => {
                Self::Shedder { workers, service: service.faster(times), most_wait_s: most_wait_s / times }
            }
            Self::Metastable { workers, service, tips_at_s } => {
                Self::Metastable { workers, service: service.faster(times), tips_at_s: tips_at_s / times }
            }
        }
    }
}

impl Kind {
    /// So many times as many side by side. What goes one at a time is so many times as fast instead, and what happens
    /// after so many requests happens as soon as before.
    #[must_use]
    pub const fn wider(self, times: usize) -> Self {
        let by = times as f64;
        match self {
            Self::Workers { workers, service } => Self::Workers { workers: workers * times, service },
            Self::RateLimiter { .. } | Self::Lock { .. } => self.faster(by),
            Self::ConnectionLimit { limit, service } => {
                Self::ConnectionLimit { limit: limit * times, service }
            }
            Self::WarmingCache { workers, hit, miss, fills_in, rest } => {
                Self::WarmingCache { workers: workers * times, hit, miss, fills_in, rest }
            }
            Self::Leak { workers, service, breaks_after } => {
                Self::Leak { workers: workers * times, service, breaks_after }
            }
            Self::Shedder { workers, service, most_wait_s } => {
                Self::Shedder { workers: workers * times, service, most_wait_s }
            }
            Self::Metastable { workers, service, tips_at_s } => {
                Self::Metastable { workers: workers * times, service, tips_at_s }
            }
        }
    }
}

impl Service {
    /// A service that nobody has used.
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self {
            kind,
            chance: Chance::new(seed),
            busy: BinaryHeap::new(),
            requests: 0,
            tokens: 0.0,
            last_s: 0.0,
            tipped: false,
        }
    }

    /// A request that comes at a time, not before the one before it.
    pub fn request(&mut self, at_s: f64) -> Fate {
        self.requests += 1;
        let well = |at_s| Fate { at_s, well: true };
        let refused = Fate { at_s: at_s + REFUSAL_S, well: false };
        match self.kind {
            Kind::Workers { workers, service } => {
                let time = self.chance.time(service);
                well(self.serve(workers, at_s, time))
            }
            Kind::RateLimiter { per_s, at_once } => {
                self.tokens = (self.tokens + (at_s - self.last_s) * per_s).min(at_once);
                self.last_s = at_s;
                if self.tokens < 1.0 {
                    return refused;
                }
                self.tokens -= 1.0;
                well(at_s + REFUSAL_S)
            }
            Kind::ConnectionLimit { limit, service } => {
                while self.busy.peek().is_some_and(|Reverse(done)| done.0 <= at_s) {
                    self.busy.pop();
                }
                if self.busy.len() >= limit {
                    return refused;
                }
                let done = at_s + self.chance.time(service);
                self.busy.push(Reverse(Time(done)));
                well(done)
            }
            Kind::Lock { held, beside } => {
                let (held, beside) = (self.chance.time(held), self.chance.time(beside));
                well(self.serve(1, at_s, held) + beside)
            }
            Kind::WarmingCache { workers, hit, miss, fills_in, rest } => {
                let misses = rest + (1.0 - rest) * (-(self.requests as f64) / fills_in).exp();
                let law = if self.chance.uniform() < misses { miss } else { hit };
                let time = self.chance.time(law);
                well(self.serve(workers, at_s, time))
            }
            Kind::Leak { workers, service, breaks_after } => {
                let slower = if self.requests > breaks_after { 1.5 } else { 1.0 };
                let time = self.chance.time(service) * slower;
                well(self.serve(workers, at_s, time))
            }
            Kind::Shedder { workers, service, most_wait_s } => {
                if self.wait(workers, at_s) > most_wait_s {
                    return refused;
                }
                let time = self.chance.time(service);
                well(self.serve(workers, at_s, time))
            }
            Kind::Metastable { workers, service, tips_at_s } => {
                let wait = self.wait(workers, at_s);
                self.tipped = wait > tips_at_s || (self.tipped && wait > 0.0);
                let time = self.chance.time(service) * if self.tipped { 2.0 } else { 1.0 };
                well(self.serve(workers, at_s, time))
            }
        }
    }

    /// How many of its places are taken at a time, and how many there are: workers, connections or its lock; `None` of
    /// what has none.
    pub fn taken(&self, at_s: f64) -> Option<(usize, usize)> {
        let places = match self.kind {
            Kind::RateLimiter { .. } => return None,
            Kind::Lock { .. } => 1,
            Kind::ConnectionLimit { limit, .. } => limit,
            Kind::Workers { workers, .. }
            | Kind::WarmingCache { workers, .. }
            | Kind::Leak { workers, .. }
            | Kind::Shedder { workers, .. }
            | Kind::Metastable { workers, .. } => workers,
        };
        Some((self.busy.iter().filter(|Reverse(free)| free.0 > at_s).count(), places))
    }

    /// How long it would wait for a worker.
    fn wait(&self, workers: usize, at_s: f64) -> f64 {
        match self.busy.peek() {
            Some(Reverse(free)) if self.busy.len() >= workers => (free.0 - at_s).max(0.0),
            _ => 0.0,
        }
    }

    /// The first worker that is free serves it; when it is done.
    fn serve(&mut self, workers: usize, at_s: f64, time: f64) -> f64 {
        let begins = at_s + self.wait(workers, at_s);
        if self.busy.len() >= workers {
            self.busy.pop();
        }
        self.busy.push(Reverse(Time(begins + time)));
        begins + time
    }
}
