//! What is counted: by each worker for itself, so that none waits for another, and added up when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::outcome::{OUTCOMES, Outcome};

/// What one worker has counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// By the first digit of the status, from 1.
    statuses: [AtomicU64; 5],
    outcomes: [AtomicU64; OUTCOMES],
    /// By the name of the rule; the empty one for requests without a rule.
    rules: Mutex<BTreeMap<String, [u64; OUTCOMES]>>,
    /// Bytes of bodies that went to clients.
    pub(crate) bytes_sent: AtomicU64,
    /// Bytes of bodies that came from the origin.
    pub(crate) bytes_received: AtomicU64,
    /// Requests to the origin, and how they ended.
    asked: Mutex<BTreeMap<&'static str, u64>>,
    /// Requests that were not sent to the origin although they should have been, and why.
    unasked: Mutex<BTreeMap<&'static str, u64>>,
    /// Answers of the origin that ended early.
    pub(crate) cut: AtomicU64,
}

/// What is of the whole edge.
#[derive(Debug, Default)]
pub(crate) struct Common {
    /// Requests that wait for another's answer at this moment.
    pub(crate) waiting: AtomicI64,
    /// Questions in the background, for who comes next.
    pub(crate) refreshes: AtomicU64,
    /// Answers that were purged.
    pub(crate) purges: AtomicU64,
    /// Rules that were read again.
    pub(crate) reloads: AtomicU64,
    /// Rules that were read again, and were none.
    pub(crate) failed_reloads: AtomicU64,
    workers: Mutex<Vec<Arc<Counters>>>,
}

/// A request that waits.
pub(crate) struct Waiting<'c>(&'c Common);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All of it, added up.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) statuses: [u64; 5],
    pub(crate) outcomes: [u64; OUTCOMES],
    pub(crate) rules: BTreeMap<String, [u64; OUTCOMES]>,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) asked: BTreeMap<&'static str, u64>,
    pub(crate) unasked: BTreeMap<&'static str, u64>,
    pub(crate) cut: u64,
}

impl Counters {
    /// One more request that was answered.
    pub(crate) fn answered(&self, status: u16, outcome: Outcome, rule: &str) {
        let digit = usize::from((status / 100).clamp(1, 5)) - 1;
        self.statuses[digit].fetch_add(1, Ordering::Relaxed);
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
        let mut rules = locked(&self.rules);
        // Most often it is there, and no name has to be made.
        if let Some(counts) = rules.get_mut(rule) {
            counts[outcome as usize] += 1;
        } else {
            rules.entry(rule.to_owned()).or_default()[outcome as usize] += 1;
        }
    }

    /// One more request to the origin, and how it ended: a status's first digit, or a failure.
    pub(crate) fn asked(&self, how: &'static str) {
        *locked(&self.asked).entry(how).or_default() += 1;
    }

    /// One more request that was kept from the origin, and why.
    pub(crate) fn unasked(&self, why: &'static str) {
        *locked(&self.unasked).entry(why).or_default() += 1;
    }
}

impl Common {
    /// Another worker's.
    pub(crate) fn worker(&self) -> Arc<Counters> {
        let counters = Arc::default();
        locked(&self.workers).push(Arc::clone(&counters));
        counters
    }

    /// Counts a request that waits, until what this gives is dropped.
    pub(crate) fn one_waits(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }

    /// What all workers have counted.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        let add = |into: &mut u64, from: &AtomicU64| *into += from.load(Ordering::Relaxed);
        for worker in locked(&self.workers).iter() {
            for (into, from) in totals.statuses.iter_mut().zip(&worker.statuses) {
                add(into, from);
            }
            for (into, from) in totals.outcomes.iter_mut().zip(&worker.outcomes) {
                add(into, from);
            }
            for (name, counts) in locked(&worker.rules).iter() {
                let into = totals.rules.entry(name.clone()).or_default();
                for (into, from) in into.iter_mut().zip(counts) {
                    *into += from;
                }
            }
            for (how, count) in locked(&worker.asked).iter() {
                *totals.asked.entry(how).or_default() += count;
            }
            for (why, count) in locked(&worker.unasked).iter() {
                *totals.unasked.entry(why).or_default() += count;
            }
            add(&mut totals.bytes_sent, &worker.bytes_sent);
            add(&mut totals.bytes_received, &worker.bytes_received);
            add(&mut totals.cut, &worker.cut);
        }
        totals
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
