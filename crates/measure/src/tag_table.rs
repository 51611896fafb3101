//! The tag sets of a schema, with how many values each key has.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::fold_marks::FOLDED;
use crate::folded::FoldedKey;
use crate::tags::{TagSet, TagSetId};

/// All tag sets, by id and by content; the empty one is always there.
#[derive(Debug)]
pub(crate) struct TagTable {
    sets: Vec<TagSet>,
    by_tags: FxHashMap<TagSet, TagSetId>,
    strings: FxHashSet<Arc<str>>,
    /// Bytes of all strings.
    bytes: usize,
    /// The values of each key that are whole.
    values: BTreeMap<Arc<str>, FxHashSet<Arc<str>>>,
    /// Keys that are folded in some set, in the order in which that came up.
    folded: Vec<String>,
}

impl Default for TagTable {
    fn default() -> Self {
        let mut table = Self {
            sets: Vec::new(),
            by_tags: FxHashMap::default(),
            strings: FxHashSet::default(),
            bytes: 0,
            values: BTreeMap::new(),
            folded: Vec::new(),
        };
        table.add(&TagSet::default());
        table
    }
}

impl TagTable {
    pub(crate) fn find(&self, set: &TagSet) -> Option<TagSetId> {
        self.by_tags.get(set).copied()
    }

    pub(crate) fn get(&self, id: TagSetId) -> &TagSet {
        &self.sets[id.index()]
    }

    pub(crate) fn sets(&self) -> &[TagSet] {
        &self.sets
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a set that is not there yet.
    pub(crate) fn add(&mut self, set: &TagSet) -> TagSetId {
        let pairs = set.pairs().iter().map(|(key, value)| (self.string(key), self.string(value)));
        let set = TagSet::from_pairs(pairs.collect::<Vec<_>>());
        for (key, value) in set.pairs() {
            if **key == *FOLDED {
                continue;
            }
            let values = self.values.entry(Arc::clone(key)).or_default();
            if !set.has_folded(key) {
                values.insert(Arc::clone(value));
            }
        }
        for key in set.folded_keys() {
            if !self.folded.iter().any(|known| known == key) {
                self.folded.push(key.to_owned());
            }
        }
        let id = TagSetId(self.sets.len() as u32);
        self.sets.push(set.clone());
        self.by_tags.insert(set, id);
        id
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.values.len()
    }

    /// Each key, and how many values it has.
    pub(crate) fn values(&self) -> Vec<(Arc<str>, usize)> {
        self.values.iter().map(|(key, values)| (Arc::clone(key), values.len())).collect()
    }

    /// Whether any set is folded.
    pub(crate) fn is_folded(&self) -> bool {
        !self.folded.is_empty()
    }

    /// The folded keys, in the order in which that came up.
    pub(crate) fn folded(&self) -> Vec<FoldedKey> {
        let values = |key: &str| self.values.get(key).map_or(0, FxHashSet::len) as u64;
        self.folded
            .iter()
            .map(|key| FoldedKey { key: key.clone(), values: values(key), samples: 0 })
            .collect()
    }

    fn string(&mut self, text: &Arc<str>) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        self.bytes += text.len();
        self.strings.insert(Arc::clone(text));
        Arc::clone(text)
    }
}
