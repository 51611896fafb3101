//! Bucket counts, kept sparse: a sorted list of those that are not empty.
//!
//! A second of one series touches a few dozen of the thousands of possible buckets; a whole run's total rarely more
//! than a thousand. A sorted list is smaller than any table for both, and merging is one pass.

/// What a binary search costs, in steps of a pass over the list.
const SEARCH_COST: usize = 8;

/// Counts by bucket index, sorted, none of them zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets(Vec<(i32, u64)>);

impl Buckets {
    /// The counts of indexes in any order, which is sorted in passing.
    pub(crate) fn from_indexes(indexes: &mut [i32]) -> Self {
        indexes.sort_unstable();
        let mut entries: Vec<(i32, u64)> = Vec::new();
        for &index in &*indexes {
            match entries.last_mut() {
                Some((last, count)) if *last == index => *count += 1,
                _ => entries.push((index, 1)),
            }
        }
        entries.shrink_to_fit();
        Self(entries)
    }

    /// Appends a bucket that must lie above all others.
    pub(crate) fn push(&mut self, index: i32, count: u64) {
        debug_assert!(count > 0 && self.0.last().is_none_or(|(last, _)| *last < index));
        self.0.push((index, count));
    }

    /// Adds to one bucket.
    pub fn add(&mut self, index: i32, count: u64) {
        if count == 0 {
            return;
        }
        match self.0.binary_search_by_key(&index, |(known, _)| *known) {
            Ok(position) => self.0[position].1 += count,
            Err(position) => self.0.insert(position, (index, count)),
        }
    }

    /// Adds all counts of another list.
    pub fn merge(&mut self, other: &Self) {
        // A second of a slow series against a whole run: looking up a few is less work than passing over all.
        if other.0.len() * SEARCH_COST < self.0.len() {
            for &(index, count) in &other.0 {
                self.add(index, count);
            }
            return;
        }
        let missing = other.0.len() - self.common(other);
        let mut read = self.0.len();
        let mut incoming = other.0.len();
        self.0.resize(read + missing, (0, 0));
        // From the back, so that the list grows in place.
        for write in (0..self.0.len()).rev() {
            if incoming == 0 {
                break;
            }
            let theirs = other.0[incoming - 1];
            self.0[write] = match read.checked_sub(1).map(|last| self.0[last]) {
                Some(ours) if ours.0 > theirs.0 => {
                    read -= 1;
                    ours
                }
                Some(ours) if ours.0 == theirs.0 => {
                    read -= 1;
                    incoming -= 1;
                    (ours.0, ours.1 + theirs.1)
                }
                _ => {
                    incoming -= 1;
                    theirs
                }
            };
        }
    }

    fn common(&self, other: &Self) -> usize {
        let mut ours = self.0.iter().peekable();
        let mut common = 0;
        for (index, _) in &other.0 {
            while ours.next_if(|(known, _)| known < index).is_some() {}
            common += usize::from(ours.next_if(|(known, _)| known == index).is_some());
        }
        common
    }

    /// The buckets that are not empty, ascending: index and count.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> + ExactSizeIterator {
        self.0.iter().copied()
    }

    /// Whether all buckets are empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn merging_is_adding(left in prop::collection::vec(-50i32..50, 0..80), right in prop::collection::vec(-50i32..50, 0..80)) {
            let mut expected: BTreeMap<i32, u64> = BTreeMap::new();
            for index in left.iter().chain(&right) {
                *expected.entry(*index).or_default() += 1;
            }
            let mut merged = Buckets::from_indexes(&mut left.clone());
            let (few, rest) = right.split_at(right.len().min(3));
            merged.merge(&Buckets::from_indexes(&mut rest.to_vec()));
            merged.merge(&Buckets::from_indexes(&mut few.to_vec()));
            prop_assert_eq!(merged.iter().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
            let mut added = Buckets::from_indexes(&mut left.clone());
            for index in right {
                added.add(index, 1);
            }
            prop_assert_eq!(added, merged);
        }
    }
}
