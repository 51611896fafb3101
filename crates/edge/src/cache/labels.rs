//! Purges by what many answers have in common: a URL, a tag, a group.
//!
//! A purge looks at no answer. It takes a number and leaves it with the label; every answer knows how many purges there
//! had been when it was asked for, and whoever finds an answer that is older than a purge of one of its labels knows
//! that it is meant. So a purge takes the same time whether ten answers have a tag or a million, stops nobody, and
//! holds for what is being fetched at that moment, which the origin may have answered before it changed.
//!
//! How many answers have a label is counted, so that a purge can say how many it was. A number is remembered while
//! there are answers with its label, and for some time after that because of what is still under way. When there are
//! too many of these they are forgotten together, and whatever was asked for before that is not kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;

use crate::moment::Moment;
use crate::policy::Mark;

/// A power of two.
const PARTS: usize = 64;
/// So many purges without answers a part remembers.
const MOST_LEFT: usize = 1_024;

/// So many soft purges of one label are told apart.
const MOST_SOFT: usize = 8;

/// What a label is of.
#[derive(Debug, Clone, Copy, Hash)]
pub(super) enum Label<'t> {
    /// A URL in its normal form.
    Url(&'t str),
    /// A tag.
    Tag(&'t str),
    /// A group, of whichever origin.
    Group(&'t str),
    /// A group of an origin (RFC 9875).
    GroupOf(&'t str, &'t str),
}

/// What becomes of answers with a label.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Gone,
    Marked(Mark),
}

#[derive(Debug)]
pub(super) struct Labels {
    parts: Vec<Mutex<Part>>,
    /// Purges of all there is.
    all: Mutex<Purges>,
    hasher: RandomState,
    /// How many purges there were.
    count: AtomicU64,
    /// The last that is of anything that is kept.
    last: AtomicU64,
    /// What was asked for before this may have missed a purge that is forgotten.
    forgotten: AtomicU64,
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<Same>>;

#[derive(Debug, Default)]
struct Part {
    held: Held,
    purges: Map<Purges>,
}

/// How many answers have a label.
///
/// Most labels are URLs, and most URLs have one answer: those are only in a set, because every answer pays for it.
#[derive(Debug, Default)]
struct Held {
    once: HashTable<u64>,
    several: Map<u32>,
}

/// The numbers of the last purges of a label; 0 is none.
#[derive(Debug, Clone, Default)]
struct Purges {
    gone: u64,
    invalid: u64,
    /// With since when it is stale, the oldest first: what was soft for one purge does not become so anew by another.
    stale: Vec<(u64, Moment)>,
    /// How many that are gone are still held.
    dead: u32,
}

impl Held {
    fn count(&self, label: u64) -> u32 {
        let is_once = || self.once.find(label, |other| *other == label).is_some();
        self.several.get(&label).copied().unwrap_or_else(|| u32::from(is_once()))
    }

    fn add(&mut self, label: u64) {
        if let Some(count) = self.several.get_mut(&label) {
            *count += 1;
        } else if let Ok(found) = self.once.find_entry(label, |other| *other == label) {
            found.remove();
            self.several.insert(label, 2);
        } else {
            self.once.insert_unique(label, label, |label| *label);
        }
    }

    fn remove(&mut self, label: u64) {
        if let Some(count) = self.several.get_mut(&label) {
            *count -= 1;
            if *count == 0 {
                self.several.remove(&label);
            }
        } else if let Ok(found) = self.once.find_entry(label, |other| *other == label) {
            found.remove();
        }
    }

    fn len(&self) -> usize {
        self.once.len() + self.several.len()
    }
}

impl Purges {
    fn note(&mut self, fate: Fate, number: u64) {
        match fate {
            Fate::Gone => self.gone = number,
            Fate::Marked(Mark::StaleSince(moment)) => {
                self.stale.push((number, moment));
                if self.stale.len() > MOST_SOFT {
                    // What was asked for between the two is taken to be stale since the earlier one.
                    self.stale[1].1 = self.stale[0].1;
                    self.stale.remove(0);
                }
            }
            Fate::Marked(_) => self.invalid = number,
        }
    }
}

/// Hashes of labels are hashes already.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Labels {
    pub(super) fn new() -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            all: Mutex::default(),
            hasher: RandomState::new(),
            count: AtomicU64::new(1),
            last: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
        }
    }

    pub(super) fn hash(&self, label: Label<'_>) -> u64 {
        self.hasher.hash_one(label)
    }

    /// How many purges there were; what is asked for now is younger than all of them.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// What has been looked at since this purge need not be looked at again.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Whether nothing that was purged since is forgotten.
    pub(super) fn remembers(&self, born: u64) -> bool {
        born >= self.forgotten.load(Ordering::Acquire)
    }

    /// Answers with a label have this fate from now on; how many it is.
    pub(super) fn purge(&self, label: u64, fate: Fate) -> usize {
        let mut part = self.part(label);
        let number = self.count.fetch_add(1, Ordering::AcqRel) + 1;
        let held = part.held.count(label);
        let purges = part.purges.entry(label).or_default();
        let count = held - purges.dead;
        purges.note(fate, number);
        if purges.gone == number {
            purges.dead = held;
        }
        if held > 0 {
            self.last.fetch_max(number, Ordering::AcqRel);
        }
        let (purged, held) = (part.purges.len(), part.held.len());
        if purged > 2 * held + MOST_LEFT {
            let Part { held, purges } = &mut *part;
            purges.retain(|label, _| held.count(*label) > 0);
            self.forgotten.fetch_max(number, Ordering::AcqRel);
        }
        count as usize
    }

    /// All that is there has this fate from now on.
    pub(super) fn purge_all(&self, fate: Fate) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.count.fetch_add(1, Ordering::AcqRel) + 1;
        all.note(fate, number);
        self.last.fetch_max(number, Ordering::AcqRel);
    }

    /// What has become of an answer with these labels.
    pub(super) fn fate(&self, labels: impl Iterator<Item = u64>, born: u64) -> Option<Fate> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut mark = None;
        let purges = labels.filter_map(|label| self.part(label).purges.get(&label).cloned());
        for purges in std::iter::once(all).chain(purges) {
            if purges.gone > born {
                return Some(Fate::Gone);
            }
            if purges.invalid > born {
                mark = Some(Mark::Invalid);
            } else if mark != Some(Mark::Invalid)
                && let Some((_, since)) = purges.stale.iter().find(|(number, _)| *number > born)
            {
                mark = match mark {
                    Some(Mark::StaleSince(other)) => Some(Mark::StaleSince(other.min(*since))),
                    _ => Some(Mark::StaleSince(*since)),
                };
            }
        }
        mark.map(Fate::Marked)
    }

    /// An answer with these labels is kept.
    pub(super) fn hold(&self, labels: impl Iterator<Item = u64>, born: u64) {
        for label in labels {
            let mut part = self.part(label);
            part.held.add(label);
            if let Some(purges) = part.purges.get_mut(&label).filter(|purges| purges.gone > born) {
                purges.dead += 1;
            }
        }
    }

    /// An answer with these labels is no longer kept.
    pub(super) fn release(&self, labels: impl Iterator<Item = u64>, born: u64) {
        for label in labels {
            let mut part = self.part(label);
            part.held.remove(label);
            if let Some(purges) = part.purges.get_mut(&label).filter(|purges| purges.gone > born) {
                purges.dead -= 1;
            }
        }
    }

    fn part(&self, label: u64) -> MutexGuard<'_, Part> {
        self.parts[label as usize & (PARTS - 1)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
