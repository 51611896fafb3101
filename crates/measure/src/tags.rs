//! Tag sets: sorted key-value pairs, interned by the [`Schema`](crate::Schema) so that a sample carries one number.

use std::sync::Arc;

/// An interned [`TagSet`] of one [`Schema`](crate::Schema).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
