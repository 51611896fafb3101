//! The parts of servers that a worker knows by their names, and which of them something is judged by.

use rustc_hash::FxHashMap;

use crate::ledger::{EVERY_PART, OTHER_PARTS, PART};
use crate::schema::Schema;
use crate::tags::TagSetId;

/// Names that one worker remembers.
const MOST_REMEMBERED: usize = 1024;

/// The names of parts that a worker has seen. Answers of an endpoint name the same parts in the same order, so the name
/// that came after the last one before is looked at first.
#[derive(Debug, Default)]
pub(crate) struct KnownParts {
    known: Vec<(Box<[u8]>, TagSetId)>,
    /// Those that something is judged by, with their names.
    judged: Vec<(TagSetId, String)>,
    positions: FxHashMap<Box<[u8]>, usize>,
    /// For each position the one that came after it, when last seen.
    next: Vec<usize>,
    last: usize,
    other: Option<TagSetId>,
}

impl KnownParts {
    /// The tag set of a part's name.
    #[inline]
    pub(crate) fn find(&mut self, schema: &Schema, name: &[u8]) -> TagSetId {
        if let Some(&likely) = self.next.get(self.last)
            && let Some((known, part)) = self.known.get(likely)
            && **known == *name
        {
            self.last = likely;
            return *part;
        }
        self.search(schema, name)
    }

    #[cold]
    fn search(&mut self, schema: &Schema, name: &[u8]) -> TagSetId {
        let position = if let Some(position) = self.positions.get(name) {
            *position
        } else {
            let part = schema.part(&String::from_utf8_lossy(name));
            if self.known.len() == MOST_REMEMBERED {
                return part;
            }
            let named = schema.tag_set(part).get(PART).unwrap_or_default().to_owned();
            let watched = schema.watched();
            let is_judged = watched.has_value(PART, &named) || watched.has_kind(EVERY_PART);
            if is_judged && self.judged(part).is_none() {
                self.judged.push((part, named));
            }
            self.known.push((name.into(), part));
            self.next.push(usize::MAX);
            self.positions.insert(name.into(), self.known.len() - 1);
            self.known.len() - 1
        };
        if let Some(next) = self.next.get_mut(self.last) {
            *next = position;
        }
        self.last = position;
        self.known[position].1
    }

    /// Whether something is judged by any of them.
    #[inline]
    pub(crate) fn is_judged(&self) -> bool {
        !self.judged.is_empty()
    }

    /// The name of a part, if something is judged by it.
    #[inline]
    pub(crate) fn judged(&self, part: TagSetId) -> Option<&str> {
        self.judged.iter().find(|(known, _)| *known == part).map(|(_, name)| name.as_str())
    }

    /// The tag set of what is beyond.
    #[inline]
    pub(crate) fn other(&mut self, schema: &Schema) -> TagSetId {
        *self.other.get_or_insert_with(|| schema.part(OTHER_PARTS))
    }
}
