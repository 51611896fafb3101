//! The tags of answers that are alike: most answers of a target are, and what they are tagged with is found without
//! looking at a text.

use std::cell::RefCell;

use crate::tags::{TagSetId, Tags};

/// Kinds of answers that are remembered for one target; beyond that the oldest is forgotten.
const MOST: usize = 4;

/// The tags of the last kinds of answers. A kind `K` is all that their tags follow from, beside the target and the
/// tags around them.
#[derive(Debug)]
pub struct KnownTags<K>(RefCell<Vec<Known<K>>>);

#[derive(Debug, Clone, Copy)]
struct Known<K> {
    outer: TagSetId,
    kind: K,
    tags: TagSetId,
}

impl<K> Default for KnownTags<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Copy + PartialEq> KnownTags<K> {
    /// The tags of an answer of this kind within `outer`; `find` is asked when there was none before.
    #[inline]
    pub fn of(&self, outer: &Tags, kind: K, find: impl FnOnce() -> Tags) -> Tags {
        // What is known whole beside its id is not all in the id.
        if outer.whole.is_some() {
            return find();
        }
        if let Some(tags) = self.get(outer.id, kind) {
            return tags.into();
        }
        let tags = find();
        if tags.whole.is_none() {
            self.remember(Known { outer: outer.id, kind, tags: tags.id });
        }
        tags
    }

    #[inline]
    fn get(&self, outer: TagSetId, kind: K) -> Option<TagSetId> {
        let known = self.0.borrow();
        known.iter().find(|known| known.outer == outer && known.kind == kind).map(|known| known.tags)
    }

    #[cold]
    fn remember(&self, new: Known<K>) {
        let mut known = self.0.borrow_mut();
        if known.len() == MOST {
            known.remove(0);
        }
        known.push(new);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::tags::TagSet;

    #[test]
    fn only_what_is_new_is_looked_up() {
        let known = KnownTags::default();
        let lookups = Cell::new(0);
        let ask = |outer: u32, status: u16| {
            let find = || {
                lookups.set(lookups.get() + 1);
                Tags::from(TagSetId(outer * 1000 + u32::from(status)))
            };
            let found = known.of(&TagSetId(outer).into(), status, find);
            assert_eq!(found.id(), TagSetId(outer * 1000 + u32::from(status)));
            lookups.get()
        };
        assert_eq!((ask(1, 200), ask(1, 200), ask(1, 503), ask(2, 200), ask(1, 200)), (1, 1, 2, 3, 3));
        // The first of five kinds is forgotten, and only that.
        assert_eq!((ask(1, 404), ask(1, 500), ask(1, 503), ask(1, 200)), (4, 5, 5, 6));
    }

    #[test]
    fn what_is_known_whole_is_never_taken_for_its_id() {
        let known = KnownTags::default();
        let whole = |id: &str| Tags { id: TagSetId(7), whole: Some(TagSet::new([("id", id)])) };
        for id in ["1", "2"] {
            assert_eq!(known.of(&TagSetId(1).into(), 200, || whole(id)), whole(id));
            assert_eq!(known.of(&whole(id), 200, || TagSetId(id.len() as u32).into()).id(), TagSetId(1));
        }
    }
}
