//! What a replica works on, and what is counted of it until it is read.

use std::collections::VecDeque;

use super::readings::{Scraped, Stretch};
use crate::service::{Service, Turn, Workers};

/// Of how many seconds it is remembered how many requests there were at their end.
const LATELY: usize = 8;

/// A request that is being worked on, or waits to be; times in seconds since the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Underway {
    pub(crate) came: f64,
    pub(crate) starts: f64,
    pub(crate) ends: f64,
    /// For how many requests of replicas that are alike it stands.
    pub(crate) times: u32,
}

/// Workers, their requests, and what was counted since the last reading.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) underway: Vec<Underway>,
    workers: Workers,
    busy: Busy,
    since: Stretch,
    /// Requests that were there at the end of the last seconds, and those of them that waited.
    lately: VecDeque<(f64, f64)>,
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

impl Work {
    /// Nothing to do, from now on.
    pub(crate) fn new(service: &Service, now_s: u64) -> Self {
        Self {
            underway: Vec::new(),
            workers: Workers::new(service.concurrency, service.queue, now_s as f64),
            busy: Busy { from_s: now_s, seconds: VecDeque::new() },
            since: Stretch::from(now_s),
            lately: VecDeque::new(),
        }
    }

    /// Takes a request that comes now, keeps a worker busy for so long and stands for so many; whether it does.
    #[inline]
    pub(crate) fn take(&mut self, now_s: f64, takes_s: f64, times: u32) -> bool {
        self.since.came += 1;
        let Turn::Starts(starts_s) = self.workers.turn(now_s) else { return false };
        let ends_s = starts_s + takes_s;
        self.workers.busy_until(ends_s);
        self.busy.add(starts_s, ends_s);
        self.since.taken += 1;
        self.since.offered_s += takes_s;
        self.underway.push(Underway { came: now_s, starts: starts_s, ends: ends_s, times });
        true
    }

    /// When its first worker is free, in seconds.
    #[inline]
    pub(crate) fn free_s(&self) -> f64 {
        self.workers.free_s()
    }

    /// Whether a request that comes then is taken at once: nobody waits.
    pub(crate) fn is_calm(&self, now_s: f64) -> bool {
        self.free_s() <= now_s
    }

    /// So many requests are to be expected in a second, that keep workers busy for so long on average, and so long
    /// squared.
    pub(crate) fn expect(&mut self, requests: f64, mean_s: f64, mean_square: f64) {
        self.since.expected += requests;
        self.since.expected_s += requests * mean_s;
        self.since.variance += requests * mean_square;
    }

    /// Ends a second: what its workers were busy in it.
    pub(crate) fn end_second(&mut self, second: u64) -> f64 {
        let busy = self.busy.take(second);
        self.since.busy_s += busy;
        busy
    }

    /// Keeps in mind how many requests there are at the end of a second.
    pub(crate) fn remember(&mut self, end_s: f64) {
        if self.lately.len() == LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(self.here(end_s));
    }

    /// How many requests there are, and how many of them wait.
    fn here(&self, now_s: f64) -> (f64, f64) {
        let here = self.underway.iter().filter(|one| one.ends > now_s);
        here.fold((0.0, 0.0), |(all, waiting), one| {
            (all + 1.0, waiting + f64::from(u8::from(one.starts > now_s)))
        })
    }

    /// A reading at the end of the second before this one, and the stretch since the last; none where there was no
    /// time between them.
    pub(crate) fn read(&mut self, service: &Service, now_s: u64) -> Option<(Scraped, Stretch)> {
        let length_s = self.since.length_s(now_s);
        if length_s <= 0.0 {
            return None;
        }
        let stretch = std::mem::replace(&mut self.since, Stretch::from(now_s));
        let (in_flight, waiting) = self.here(now_s as f64);
        let cpu_milli = service.cpu_milli(stretch.busy_s / length_s);
        let per_s = stretch.came as f64 / length_s;
        Some((Scraped { at_s: now_s, cpu_milli, per_s, in_flight, waiting }, stretch))
    }

    /// How many requests there were, and how many waited, at the end of one of the last seconds: the `index`th back.
    pub(crate) fn lately(&self, index: usize) -> Option<(f64, f64)> {
        let back = index % self.lately.len().max(1);
        self.lately.iter().rev().nth(back).copied()
    }

    /// A copy for `share` of the `whole` replicas that it stands for: their part of each request goes with it.
    pub(crate) fn split(&mut self, share: u32, whole: u32) -> Self {
        let mut copy = self.clone();
        for (ours, theirs) in self.underway.iter_mut().zip(&mut copy.underway) {
            theirs.times = (u64::from(ours.times) * u64::from(share) / u64::from(whole.max(1))) as u32;
            ours.times -= theirs.times;
        }
        copy
    }
}
