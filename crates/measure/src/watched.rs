//! What is judged of tags: values that are never folded away, whatever else a run's tags may hold.
//!
//! A condition on tags is a list of keys with the value each must have. So a run answers it exactly, although it keeps
//! only some of the values of a key, when the wanted one is among those that are kept whenever they come: what is
//! folded is then known to be another. A value that nobody named before recording may be among the folded ones, and
//! then nobody can tell: see [`TagSet::answers`](crate::TagSet::answers).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::fold_marks::OTHER;

/// The values that are kept of each key, and what was kept of those that were not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watched {
    /// Values by key. A key without values is kept as a key.
    values: BTreeMap<String, BTreeSet<String>>,
    /// The names of what a [`Keep`] can still tell of folded values.
    kinds: BTreeSet<String>,
}

/// What must be known of a value although it is folded: of a URL, which routes it is of.
pub trait Keep: Debug + Send + Sync {
    /// Appends a text of few different ones that stands for the value, or nothing when nothing needs to be known.
    /// It allocates only where `into` has to grow: it is asked for each request of a script with too many URLs.
    fn keep(&self, key: &str, value: &str, into: &mut String);
}

impl Watched {
    /// Keeps this value of this key.
    pub fn value(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.values.entry(key.into()).or_default().insert(value.into());
    }

    /// Keeps this key, whatever its values.
    pub fn key(&mut self, key: impl Into<String>) {
        self.values.entry(key.into()).or_default();
    }

    /// Notes that a [`Keep`] tells this of folded values.
    pub fn kind(&mut self, kind: impl Into<String>) {
        self.kinds.insert(kind.into());
    }

    /// Whether this value is kept whenever it comes. The empty one always is. One that reads like a folded value is
    /// not.
    pub fn has_value(&self, key: &str, value: &str) -> bool {
        value.is_empty()
            || !value.starts_with(OTHER) && self.values.get(key).is_some_and(|values| values.contains(value))
    }

    /// Whether this key is kept whenever it comes.
    pub fn has_key(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Whether this can be told of folded values.
    pub fn has_kind(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// How many values and kinds there are.
    pub fn len(&self) -> usize {
        self.kinds.len() + self.values.values().map(BTreeSet::len).sum::<usize>()
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.values.is_empty()
    }

    /// Adds everything of another.
    pub(crate) fn add(&mut self, other: &Self) {
        for (key, values) in &other.values {
            self.values.entry(key.clone()).or_default().extend(values.iter().cloned());
        }
        self.kinds.extend(other.kinds.iter().cloned());
    }

    /// Leaves only what both have.
    pub(crate) fn keep_common(&mut self, other: &Self) {
        self.values.retain(|key, values| {
            other.values.get(key).is_some_and(|theirs| {
                values.retain(|value| theirs.contains(value));
                true
            })
        });
        self.kinds.retain(|kind| other.kinds.contains(kind));
    }
}
