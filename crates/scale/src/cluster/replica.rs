//! One replica: where it stands in its life, what it works on, and what was read of it.

use std::collections::VecDeque;

use super::times::PodTimes;
use crate::service::{Service, Turn, Workers};

/// How many readings are kept of a replica.
const READINGS: usize = 64;

/// Where a replica stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is no node for it yet.
    Waiting,
    /// Its image is pulled and its process starts.
    Starting,
    /// It runs and is not ready yet.
    Unready,
    /// It takes requests.
    Ready,
    /// It is being deleted; whether it ever took any.
    Leaving { was_ready: bool },
    /// There is nothing left of it.
    Gone,
}

/// A request that is being worked on, or waits to be; times in seconds since the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Underway {
    pub(crate) came: f64,
    pub(crate) starts: f64,
    pub(crate) ends: f64,
}

/// What was read of a replica at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scraped {
    pub(crate) at_s: u64,
    pub(crate) cpu_milli: f64,
    pub(crate) per_s: f64,
    pub(crate) in_flight: f64,
    pub(crate) waiting: f64,
}

/// A replica.
#[derive(Debug, Clone)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) stage: Stage,
    pub(crate) node: Option<usize>,
    /// When it was created, given a node, ready, and deleted.
    pub(crate) created_s: u64,
    pub(crate) placed_s: u64,
    pub(crate) ready_s: u64,
    pub(crate) deleted_s: u64,
    /// Whether it was there, ready and warm, long before the beginning.
    pub(crate) from_before: bool,
    /// Until when it is slow.
    pub(crate) cold_until_s: u64,
    pub(crate) underway: Vec<Underway>,
    pub(crate) readings: VecDeque<Scraped>,
    workers: Workers,
    busy: Busy,
    came: u64,
    since_scrape: (u64, f64, u64),
}

/// Seconds that workers are busy in each second from now on.
#[derive(Debug, Clone, Default)]
struct Busy {
    from_s: u64,
    seconds: VecDeque<f64>,
}

impl Busy {
    #[inline]
    fn add(&mut self, starts_s: f64, ends_s: f64) {
        let mut at = starts_s;
        while at < ends_s {
            let second = at as u64;
            let until = ((second + 1) as f64).min(ends_s);
            let index = second.saturating_sub(self.from_s) as usize;
            if index >= self.seconds.len() {
                self.seconds.resize(index + 1, 0.0);
            }
            self.seconds[index] += until - at;
            at = until;
        }
    }

    fn take(&mut self, second: u64) -> f64 {
        let busy = if self.from_s <= second { self.seconds.pop_front().unwrap_or(0.0) } else { 0.0 };
        self.from_s = second + 1;
        busy
    }
}

impl Replica {
    pub(crate) fn new(name: String, service: &Service, now_s: u64) -> Self {
        Self {
            name,
            stage: Stage::Waiting,
            node: None,
            created_s: now_s,
            placed_s: 0,
            ready_s: 0,
            deleted_s: 0,
            from_before: false,
            cold_until_s: 0,
            underway: Vec::new(),
            readings: VecDeque::new(),
            workers: Workers::new(service.concurrency, service.queue, now_s as f64),
            busy: Busy { from_s: now_s, seconds: VecDeque::new() },
            came: 0,
            since_scrape: (now_s, 0.0, 0),
        }
    }

    /// Whether its process is there.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.stage, Stage::Unready | Stage::Ready | Stage::Leaving { .. })
    }

    /// Whether it is one of those that the deployment counts.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.stage, Stage::Leaving { .. } | Stage::Gone)
    }

    /// Whether requests are sent to it.
    pub(crate) fn is_sent_to(&self, times: &PodTimes, now_s: u64) -> bool {
        match self.stage {
            Stage::Ready => true,
            Stage::Leaving { was_ready } => was_ready && now_s < self.deleted_s + times.deregister_s,
            _ => false,
        }
    }

    /// Whether it refuses what is sent to it.
    pub(crate) fn refuses(&self, times: &PodTimes, now_s: u64) -> bool {
        self.stage != Stage::Ready && now_s >= self.deleted_s + times.accepts_s
    }

    /// Takes a request that comes now and keeps a worker busy for so long; whether it does.
    #[inline]
    pub(crate) fn take(&mut self, now_s: f64, takes_s: f64) -> bool {
        self.came += 1;
        let Turn::Starts(starts_s) = self.workers.turn(now_s) else { return false };
        let ends_s = starts_s + takes_s;
        self.workers.busy_until(ends_s);
        self.busy.add(starts_s, ends_s);
        self.underway.push(Underway { came: now_s, starts: starts_s, ends: ends_s });
        true
    }

    /// When its first worker is free, in seconds.
    #[inline]
    pub(crate) fn free_s(&self) -> f64 {
        self.workers.free_s()
    }

    /// Ends a second: what its workers were busy in it goes into the next reading.
    pub(crate) fn end_second(&mut self, second: u64) -> f64 {
        let busy = self.busy.take(second);
        self.since_scrape.1 += busy;
        busy
    }

    /// A reading of it, at the end of the second before this one.
    pub(crate) fn scrape(&mut self, service: &Service, now_s: u64) {
        let (since_s, busy_s, came) = self.since_scrape;
        let length_s = now_s.saturating_sub(since_s) as f64;
        if length_s <= 0.0 {
            return;
        }
        let now = now_s as f64;
        let here = self.underway.iter().filter(|one| one.ends > now);
        let (in_flight, waiting) = here.fold((0.0, 0.0), |(all, waiting), one| {
            (all + 1.0, waiting + f64::from(u8::from(one.starts > now)))
        });
        if self.readings.len() == READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(Scraped {
            at_s: now_s,
            cpu_milli: service.idle_milli + 1000.0 * service.processor_share * busy_s / length_s,
            per_s: (self.came - came) as f64 / length_s,
            in_flight,
            waiting,
        });
        self.since_scrape = (now_s, 0.0, self.came);
    }
}
