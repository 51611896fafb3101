//! A worker's own memory of tag sets: from what was asked for to the id, without a lock and without an allocation.
//!
//! The key is what the caller passed, in the caller's order: two orders of the same pairs are two entries with one
//! id, which is cheaper than sorting on every request.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rustc_hash::FxHasher;

use crate::tags::TagSetId;

/// Ids by what was asked for.
#[derive(Debug, Default)]
pub(crate) struct TagCache {
    /// By the hash of the question; the entries of one hash in a list.
    entries: HashMap<u64, Vec<Entry>, BuildHasherDefault<FxHasher>>,
    length: usize,
}

#[derive(Debug)]
struct Entry {
    base: TagSetId,
    extra: Box<[(Box<str>, Box<str>)]>,
    found: Interned,
}

/// The tag set that answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interned {
    pub(crate) id: TagSetId,
    /// Whether the set is folded.
    pub(crate) folded: bool,
}

impl TagCache {
    pub(crate) fn get(&self, base: TagSetId, extra: &[(&str, &str)]) -> Option<Interned> {
        let entries = self.entries.get(&hash(base, extra))?;
        entries.iter().find(|entry| entry.is(base, extra)).map(|entry| entry.found)
    }

    pub(crate) fn insert(&mut self, base: TagSetId, extra: &[(&str, &str)], found: Interned) {
        let extra_owned = extra.iter().map(|(key, value)| (Box::from(*key), Box::from(*value))).collect();
        self.entries.entry(hash(base, extra)).or_default().push(Entry { base, extra: extra_owned, found });
        self.length += 1;
    }

    /// How many answers it has.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.length = 0;
    }
}

impl Entry {
    fn is(&self, base: TagSetId, extra: &[(&str, &str)]) -> bool {
        self.base == base
            && self.extra.len() == extra.len()
            && self.extra.iter().zip(extra).all(|(known, asked)| *known.1 == *asked.1 && *known.0 == *asked.0)
    }
}

fn hash(base: TagSetId, extra: &[(&str, &str)]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(base.0);
    for (key, value) in extra {
        hasher.write(key.as_bytes());
        hasher.write(value.as_bytes());
    }
    hasher.finish()
}
