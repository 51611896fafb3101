//! Tag sets: sorted key-value pairs, interned by the [`Schema`](crate::Schema) so that a sample carries one number.

use std::sync::Arc;

use crate::fold_marks::{EVERYTHING, FOLDED, SEPARATOR, SOME_KEYS};
use crate::watched::Watched;

/// An interned [`TagSet`] of one [`Schema`](crate::Schema).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagSetId(pub(crate) u32);

impl TagSetId {
    /// The set without any tag, the same in every schema.
    pub const EMPTY: Self = Self(0);

    /// The position in the schema's list of tag sets, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Key-value pairs, sorted by key, each key once. Cloning shares them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagSet(Arc<[(Arc<str>, Arc<str>)]>);

impl Default for TagSet {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

impl TagSet {
    /// The pairs, where a later pair replaces an earlier one with the same key.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::from_pairs(pairs.into_iter().map(|(key, value)| (Arc::from(key), Arc::from(value))))
    }

    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        let mut sorted: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (key, value) in pairs {
            match sorted.binary_search_by(|(known, _)| known.cmp(&key)) {
                Ok(position) => sorted[position].1 = value,
                Err(position) => sorted.insert(position, (key, value)),
            }
        }
        Self(sorted.into())
    }

    /// The value of a key, if the set has it.
    pub fn get(&self, key: &str) -> Option<&str> {
        let position = self.0.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        Some(&self.0[position].1)
    }

    /// The pairs, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    pub(crate) fn pairs(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.0
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set carries every one of these pairs. An empty value also matches a set without the key, as in
    /// Prometheus' selectors: a tag that was never set and a tag set to nothing read the same.
    pub fn matches<K: AsRef<str>, V: AsRef<str>>(&self, pairs: &[(K, V)]) -> bool {
        pairs.iter().all(|(key, value)| self.get(key.as_ref()).unwrap_or_default() == value.as_ref())
    }

    /// Whether the values of some of its keys were folded away because there were too many different ones.
    pub fn is_folded(&self) -> bool {
        self.get(FOLDED).is_some()
    }

    /// Whether this is the key of the pair by which a folded set says so, which is no tag of anybody's.
    pub fn is_mark(key: &str) -> bool {
        key == FOLDED
    }

    /// The keys whose values were folded away; an empty one for keys that were left out, `*` for all of it.
    pub fn folded_keys(&self) -> impl Iterator<Item = &str> {
        self.get(FOLDED).into_iter().flat_map(|keys| keys.split(SEPARATOR))
    }

    /// Whether this key's value was folded away.
    pub fn has_folded(&self, key: &str) -> bool {
        self.folded_keys().any(|folded| folded == key || folded == EVERYTHING)
    }

    /// As [`TagSet::matches`], for what was recorded with these tags: `None` when values were folded away that may
    /// match and may not, because nobody watched for them.
    pub fn answers<K: AsRef<str>, V: AsRef<str>>(&self, pairs: &[(K, V)], watched: &Watched) -> Option<bool> {
        if !self.is_folded() {
            return Some(self.matches(pairs));
        }
        let mut told = true;
        for (key, value) in pairs {
            let (key, value) = (key.as_ref(), value.as_ref());
            if self.has_folded(EVERYTHING) {
                told = false;
            } else if self.has_folded(key) {
                if watched.has_value(key, value) {
                    return Some(false);
                }
                told = false;
            } else if let Some(own) = self.get(key) {
                if own != value {
                    return Some(false);
                }
            } else if self.has_folded(SOME_KEYS) && !watched.has_key(key) {
                told = false;
            } else if !value.is_empty() {
                return Some(false);
            }
        }
        told.then_some(true)
    }
}

/// Tags as a sample carries them: interned, and whole where they are folded and somebody wants raw samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    pub(crate) id: TagSetId,
    pub(crate) whole: Option<TagSet>,
}

impl From<TagSetId> for Tags {
    fn from(id: TagSetId) -> Self {
        Self { id, whole: None }
    }
}

impl Tags {
    /// The interned set, which may be folded.
    pub fn id(&self) -> TagSetId {
        self.id
    }

    /// The set as it was asked for, when the interned one is folded and raw samples are sent.
    pub fn whole(&self) -> Option<&TagSet> {
        self.whole.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_pairs_win_and_order_does_not_matter() {
        let set = TagSet::new([("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(set, TagSet::new([("a", "2"), ("b", "3")]));
        assert_eq!(set.get("b"), Some("3"));
        assert_eq!(set.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
    }

    #[test]
    fn every_pair_must_match_and_an_empty_value_matches_an_absent_key() {
        let set = TagSet::new([("scenario", "search"), ("group", "")]);
        assert!(set.matches::<&str, &str>(&[]));
        assert!(set.matches(&[("scenario", "search"), ("group", "")]));
        assert!(set.matches(&[("error", "")]));
        assert!(!set.matches(&[("scenario", "")]));
        assert!(!set.matches(&[("scenario", "search"), ("group", "x")]));
    }
}
