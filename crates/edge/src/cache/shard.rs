//! A part of what is kept, behind a lock of its own, and which of it goes when there is no room (S3-FIFO).
//!
//! What comes for the first time is on probation: it waits in a short queue, a tenth of all bytes, and goes out at its
//! end unless it was used twice meanwhile. So a scan of a million pages that nobody reads again passes through that
//! tenth, and what is read stays. Names of what has gone are remembered for a while: what comes back soon has passed.
//! The rest is a second queue, where whatever was used since it was last looked at goes round once more. A hit moves
//! nothing, it only counts; that is why it was chosen over orders of recency, and over SIEVE, whose one queue lets a
//! scan push through (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use hashbrown::HashTable;

use super::entry::Entry;

/// Which queue an answer is in.
const NONE: u8 = 0;
const PROBATION: u8 = 1;
const MAIN: u8 = 2;
/// The part of all bytes that is on probation.
const PROBATION_PART: u64 = 10;
/// So often it has to be used on probation to pass.
const PASSED: u8 = 2;

#[derive(Debug)]
pub(super) struct Shard {
    /// Bytes that are on probation in all shards.
    on_probation: Arc<AtomicU64>,
    table: HashTable<Arc<Entry>>,
    probation: Queue,
    main: Queue,
    ghosts: Ghosts,
}

#[derive(Debug, Default)]
struct Queue {
    /// The next to be looked at in front; some of them have gone already.
    entries: VecDeque<Weak<Entry>>,
}

/// Which queue has to give something up, so that probation is a tenth of all bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Probation,
    Main,
}

impl Side {
    /// By the bytes of all shards: one has too few answers to have a tenth of them.
    pub(super) fn of(on_probation: u64, all: u64) -> Self {
        if on_probation.saturating_mul(PROBATION_PART) >= all { Self::Probation } else { Self::Main }
    }
}

impl Shard {
    pub(super) fn new(on_probation: Arc<AtomicU64>) -> Self {
        Self {
            on_probation,
            table: HashTable::new(),
            probation: Queue::default(),
            main: Queue::default(),
            ghosts: Ghosts::default(),
        }
    }

    /// What is kept at a place.
    pub(super) fn at(&self, hash: u64, place: &str) -> impl Iterator<Item = &Arc<Entry>> {
        self.table
            .iter_hash(hash)
            .filter(move |entry| entry.hash == hash && entry.place() == place.as_bytes())
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.table.iter()
    }

    /// Puts an answer in, behind all that it may stand behind.
    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        let has_passed = self.ghosts.take(entry.hash);
        self.push(&entry, if has_passed { MAIN } else { PROBATION });
        self.table.insert_unique(entry.hash, entry, |entry| entry.hash);
    }

    /// Puts an answer in the place of another one, which is older; whether that one was still there.
    pub(super) fn replace(&mut self, old: &Arc<Entry>, new: Arc<Entry>) -> bool {
        let queue = old.queue.load(Ordering::Relaxed);
        if !self.remove(old) {
            return false;
        }
        new.set_uses(old.uses());
        self.push(&new, queue);
        self.table.insert_unique(new.hash, new, |entry| entry.hash);
        true
    }

    /// Takes an answer out; whether it was there.
    pub(super) fn remove(&mut self, entry: &Arc<Entry>) -> bool {
        let Ok(found) = self.table.find_entry(entry.hash, |other| Arc::ptr_eq(other, entry)) else {
            return false;
        };
        found.remove();
        self.leave(entry);
        self.tidy();
        true
    }

    /// Takes out what has to go first from a queue; none when nothing of it has to.
    pub(super) fn evict(&mut self, from: Side) -> Option<Arc<Entry>> {
        let gone = match from {
            Side::Probation => self.first_on_probation(),
            Side::Main => self.first_unused(),
        }?;
        self.leave(&gone);
        if let Ok(found) = self.table.find_entry(gone.hash, |other| Arc::ptr_eq(other, &gone)) {
            found.remove();
        }
        Some(gone)
    }

    /// The first on probation that has not passed; those before it have.
    fn first_on_probation(&mut self) -> Option<Arc<Entry>> {
        while let Some(first) = self.probation.entries.pop_front() {
            let Some(entry) = still_in(PROBATION, &first) else { continue };
            if entry.uses() < PASSED {
                self.ghosts.add(entry.hash, self.table.len());
                return Some(entry);
            }
            self.leave(&entry);
            entry.set_uses(0);
            self.push(&entry, MAIN);
        }
        None
    }

    /// The first of the rest that was not used since it was last looked at.
    fn first_unused(&mut self) -> Option<Arc<Entry>> {
        while let Some(first) = self.main.entries.pop_front() {
            let Some(entry) = still_in(MAIN, &first) else { continue };
            let uses = entry.uses();
            if uses == 0 {
                return Some(entry);
            }
            entry.set_uses(uses - 1);
            self.main.entries.push_back(first);
        }
        None
    }

    fn push(&mut self, entry: &Arc<Entry>, queue: u8) {
        entry.queue.store(queue, Ordering::Relaxed);
        let queue = if queue == MAIN {
            &mut self.main
        } else {
            self.on_probation.fetch_add(entry.cost(), Ordering::Relaxed);
            &mut self.probation
        };
        queue.entries.push_back(Arc::downgrade(entry));
    }

    fn leave(&mut self, entry: &Entry) {
        if entry.queue.swap(NONE, Ordering::Relaxed) == PROBATION {
            self.on_probation.fetch_sub(entry.cost(), Ordering::Relaxed);
        }
    }

    /// What was taken out from the middle still stands in a queue; when that is most of it, it goes.
    fn tidy(&mut self) {
        if self.probation.entries.len() + self.main.entries.len() > 2 * self.table.len() + 64 {
            self.probation.entries.retain(|entry| still_in(PROBATION, entry).is_some());
            self.main.entries.retain(|entry| still_in(MAIN, entry).is_some());
        }
    }
}

fn still_in(queue: u8, entry: &Weak<Entry>) -> Option<Arc<Entry>> {
    entry.upgrade().filter(|entry| entry.queue.load(Ordering::Relaxed) == queue)
}

/// Which answers have gone on probation not long ago: as many as there are answers.
///
/// A table without chains, each slot with a part of a hash and when it came: what is pushed out early, or taken for
/// another, costs no more than a wrong guess.
#[derive(Debug, Default)]
struct Ghosts {
    slots: Vec<(u32, u32)>,
    count: u32,
}

/// So many slots there are at least, once there is anything to remember.
const FEWEST_GHOSTS: usize = 64;

impl Ghosts {
    fn add(&mut self, hash: u64, answers: usize) {
        let wanted = answers.max(FEWEST_GHOSTS).next_power_of_two();
        if wanted > self.slots.len() {
            // What is forgotten now is remembered again when it goes the next time.
            self.slots = vec![(0, 0); wanted];
        }
        self.count = self.count.wrapping_add(1);
        let place = self.place(hash);
        self.slots[place] = (part(hash), self.count);
    }

    /// Whether it went not long ago; it is then no longer remembered.
    fn take(&mut self, hash: u64) -> bool {
        if self.slots.is_empty() {
            return false;
        }
        let place = self.place(hash);
        let (name, when) = self.slots[place];
        let is_recent = (self.count.wrapping_sub(when) as usize) < self.slots.len();
        let is_there = name == part(hash) && is_recent;
        if is_there {
            self.slots[place] = (0, 0);
        }
        is_there
    }

    fn place(&self, hash: u64) -> usize {
        (hash >> 40) as usize & (self.slots.len() - 1)
    }
}

/// 0 is no answer's.
fn part(hash: u64) -> u32 {
    (hash as u32).max(1)
}
