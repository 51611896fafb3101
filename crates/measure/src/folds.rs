//! Which keys of tags are folded, and what becomes of a pair.
//!
//! A script that puts an identifier into a URL or a tag makes a new tag set with every request. Memory is bounded, so
//! there is a limit on tag sets. When it is reached, the keys with the most values are folded: from then on a new set
//! has `(other)` in place of such a key's value, with what must be known of it ([`Keep`]), unless the value is watched.
//! All other pairs stay. Sets that are known stay as they are. The next keys follow when the sets have grown by another
//! quarter; groups, checks and scenarios come last, and long after the others.
//!
//! A folded set says so itself, in a pair of its own that names its folded keys. It is an ordinary tag set beside that:
//! it merges, and goes into files, as all do.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::fold_marks::{FOLDED, OTHER, SEPARATOR, SOME_KEYS};
use crate::tags::TagSet;
use crate::watched::{Keep, Watched};

/// The parts of a run that people judge; folded last.
const LAST: [&str; 3] = ["group", "check", "scenario"];
/// Longer values are folded when they are first seen: 20,000 of them are 80 MB.
const LONGEST_VALUE: usize = 4096;
/// Longer keys are left out.
const LONGEST_KEY: usize = 256;
/// When there is a key for so few sets that there may be, new ones are left out: at 1,000 of them, usually.
const SETS_PER_KEY: usize = 20;
/// So many keys there may always be.
const FEW_KEYS: usize = 16;
/// Bytes of text for each set that there may be.
const BYTES_PER_SET: usize = 4096;

/// Which keys are folded, as a worker knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folds {
    pub(crate) generation: u64,
    pub(crate) keys: FxHashSet<Arc<str>>,
    pub(crate) watched: Arc<Watched>,
    pub(crate) keep: Option<Arc<dyn Keep>>,
    /// Set when no more keys can be taken.
    known: Option<FxHashSet<Arc<str>>>,
}

/// What becomes of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Whole,
    Folded,
    LeftOut,
}

impl Folds {
    /// Whether everything is kept as it comes.
    pub(crate) fn is_idle(&self) -> bool {
        self.keys.is_empty() && self.known.is_none()
    }

    pub(crate) fn fate(&self, key: &str, value: &str) -> Fate {
        if key == FOLDED {
            return Fate::LeftOut;
        }
        let strange = key.len() > LONGEST_KEY
            || key.contains(SEPARATOR)
            || self.known.as_ref().is_some_and(|known| !known.contains(key));
        if strange && !self.watched.has_key(key) {
            return Fate::LeftOut;
        }
        let folded = value.len() > LONGEST_VALUE || self.keys.contains(key);
        if folded && !key.contains(SEPARATOR) && !self.watched.has_value(key, value) {
            return Fate::Folded;
        }
        Fate::Whole
    }

    /// Takes no more keys than these.
    pub(crate) fn close_keys(&mut self, values: &[(Arc<str>, usize)]) {
        self.known = Some(values.iter().map(|(key, _)| Arc::clone(key)).collect());
        self.generation += 1;
    }

    /// The text in place of a folded value, appended.
    pub(crate) fn fold(&self, key: &str, value: &str, into: &mut String) {
        into.push_str(OTHER);
        let Some(keep) = &self.keep else { return };
        let end = into.len();
        into.push(' ');
        keep.keep(key, value, into);
        if into.len() == end + 1 {
            into.truncate(end);
        }
    }
}

/// How many sets there may be, and what was done to keep to it.
#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    bound: usize,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Key after key is folded.
    SomeKeys,
    /// All are, but those that come last.
    AllKeys,
    /// These as well.
    Full,
}

impl Room {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, bound: limit, stage: Stage::SomeKeys }
    }

    /// Whether there may be one more set.
    pub(crate) fn has_room(&self, sets: usize, bytes: usize) -> bool {
        sets < self.bound && bytes < self.bound.saturating_mul(BYTES_PER_SET).max(1 << 20)
    }

    /// Folds more keys, given how many values each has, and makes room for the sets that will still come. `false` when
    /// nothing more can be folded.
    pub(crate) fn fold_more(&mut self, values: &[(Arc<str>, usize)], folds: &mut Folds) -> bool {
        let watched = folds.watched.len();
        match self.stage {
            Stage::SomeKeys => {
                let free = |key: &str| !LAST.contains(&key) && !folds.keys.contains(key);
                let free: Vec<&(Arc<str>, usize)> = values.iter().filter(|(key, _)| free(key)).collect();
                let most = free.iter().map(|(_, values)| *values).max().unwrap_or(0);
                if most < 2 || self.bound >= self.limit.saturating_mul(2).saturating_add(watched) {
                    folds.keys.extend(free.iter().map(|(key, _)| Arc::clone(key)));
                    self.stage = Stage::AllKeys;
                    self.bound = self.limit.saturating_mul(5).saturating_add(watched.saturating_mul(5));
                } else {
                    let many = free.iter().filter(|(_, values)| values * 2 >= most);
                    folds.keys.extend(many.map(|(key, _)| Arc::clone(key)));
                    let first = self.bound == self.limit;
                    let more = self.limit.div_ceil(4) + if first { watched } else { 0 };
                    self.bound = self.bound.saturating_add(more);
                }
            }
            Stage::AllKeys => {
                let left = |key: &str| LAST.contains(&key) && !folds.keys.contains(key);
                let left: Vec<&(Arc<str>, usize)> = values.iter().filter(|(key, _)| left(key)).collect();
                let most = left.iter().map(|(_, values)| *values).max().unwrap_or(0);
                if most < 2 {
                    self.stage = Stage::Full;
                    self.bound = self.limit.saturating_mul(10).saturating_add(watched.saturating_mul(10));
                } else {
                    let many = left.iter().filter(|(_, values)| values * 2 >= most);
                    folds.keys.extend(many.map(|(key, _)| Arc::clone(key)));
                    self.bound = self.bound.saturating_add(self.limit);
                }
            }
            Stage::Full => return false,
        }
        folds.generation += 1;
        true
    }

    /// Whether there are so many keys that no more can be taken, and this is news.
    pub(crate) fn is_full_of(&self, keys: usize, folds: &Folds) -> bool {
        folds.known.is_none() && keys >= FEW_KEYS.max(self.limit / SETS_PER_KEY)
    }
}

/// Pairs put together, and which of their keys are folded.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pairs: Vec<(Arc<str>, Arc<str>)>,
    folded: Vec<Arc<str>>,
}

impl Draft {
    pub(crate) fn of(set: &TagSet) -> Self {
        Self {
            pairs: set.pairs().iter().filter(|(key, _)| **key != *FOLDED).cloned().collect(),
            folded: set.folded_keys().map(Arc::from).collect(),
        }
    }

    pub(crate) fn whole(&mut self, key: Arc<str>, value: Arc<str>) {
        self.folded.retain(|folded| *folded != key);
        self.put(key, value);
    }

    pub(crate) fn folded(&mut self, key: Arc<str>, value: Arc<str>) {
        self.mark(&key);
        self.put(key, value);
    }

    /// Leaves a key out.
    pub(crate) fn left_out(&mut self, key: &str) {
        self.pairs.retain(|(known, _)| **known != *key);
        self.mark(&Arc::from(SOME_KEYS));
    }

    fn mark(&mut self, key: &Arc<str>) {
        if !self.folded.contains(key) {
            self.folded.push(Arc::clone(key));
        }
    }

    fn put(&mut self, key: Arc<str>, value: Arc<str>) {
        match self.pairs.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(position) => self.pairs[position].1 = value,
            Err(position) => self.pairs.insert(position, (key, value)),
        }
    }

    /// Folds what is still whole of keys that are folded by now.
    pub(crate) fn fold(&mut self, folds: &Folds) {
        for position in (0..self.pairs.len()).rev() {
            let (key, value) = self.pairs[position].clone();
            if self.folded.contains(&key) {
                continue;
            }
            match folds.fate(&key, &value) {
                Fate::Whole => {}
                Fate::Folded => {
                    let mut text = String::new();
                    folds.fold(&key, &value, &mut text);
                    self.folded(key, Arc::from(text));
                }
                Fate::LeftOut => self.left_out(&key),
            }
        }
    }

    pub(crate) fn finish(mut self) -> TagSet {
        if !self.folded.is_empty() {
            self.folded.sort_unstable();
            let names = self.folded.join(&SEPARATOR.to_string()[..]);
            self.put(Arc::from(FOLDED), Arc::from(names));
        }
        TagSet::from_pairs(self.pairs)
    }
}
