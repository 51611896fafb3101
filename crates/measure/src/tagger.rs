//! A worker's way from tags to the id of their set: what is known is found without a lock and without an allocation, a
//! set that has to be folded almost as cheaply.

use crate::fold_marks::FOLDED;
use crate::folds::{Fate, Folds};
use crate::schema::Schema;
use crate::tag_cache::{Interned, TagCache};
use crate::tags::TagSetId;

/// Finds the ids of tags for one worker.
#[derive(Debug, Default)]
pub(crate) struct Tagger {
    /// By what was asked for.
    whole: TagCache,
    /// By what was asked for with the values of folded keys already folded.
    folded: TagCache,
    folds: Folds,
    /// The texts of folded values.
    texts: String,
}

/// Pairs beyond which a question allocates: all default tags and a dozen of the user's.
const INLINE: usize = 24;

impl Tagger {
    /// The set, if the question is known word for word.
    #[inline]
    pub(crate) fn known(&self, base: TagSetId, extra: &[(&str, &str)]) -> Option<Interned> {
        self.whole.get(base, extra)
    }

    /// The set for a question that is new to this worker.
    pub(crate) fn find(&mut self, schema: &Schema, base: TagSetId, extra: &[(&str, &str)]) -> Interned {
        loop {
            if self.folds.generation != schema.fold_generation() {
                self.folds = schema.folds();
                // What was whole in a question may be folded now, and read the same.
                self.folded.clear();
            }
            let all_whole = extra.iter().all(|(key, value)| self.folds.fate(key, value) == Fate::Whole);
            let found = if all_whole {
                let found = schema.intern_recorded(base, extra.iter().map(|(k, v)| (*k, *v, Fate::Whole)));
                if let Some(found) = found
                    && self.whole.len() < schema.most_questions()
                {
                    self.whole.insert(base, extra, found);
                }
                found
            } else {
                self.find_folded(schema, base, extra)
            };
            if let Some(found) = found {
                return found;
            }
            if !schema.fold_more() {
                return schema.intern_nothing();
            }
        }
    }

    fn find_folded(&mut self, schema: &Schema, base: TagSetId, extra: &[(&str, &str)]) -> Option<Interned> {
        self.texts.clear();
        let mut inline = [("", "", Fate::Whole); INLINE];
        let mut longer = Vec::new();
        let pairs = if extra.len() <= INLINE {
            &mut inline[..extra.len()]
        } else {
            longer.resize(extra.len(), ("", "", Fate::Whole));
            &mut longer[..]
        };
        // The ends of the texts come first, the texts when they no longer move.
        let mut ends = [0; INLINE];
        let mut more_ends = Vec::new();
        let ends = if extra.len() <= INLINE {
            &mut ends[..extra.len()]
        } else {
            more_ends.resize(extra.len(), 0);
            &mut more_ends[..]
        };
        for ((pair, end), (key, value)) in pairs.iter_mut().zip(ends.iter_mut()).zip(extra) {
            *pair = (key, value, self.folds.fate(key, value));
            if pair.2 == Fate::Folded {
                self.folds.fold(key, value, &mut self.texts);
            }
            *end = self.texts.len();
        }
        let mut start = 0;
        for (pair, end) in pairs.iter_mut().zip(ends.iter()) {
            match pair.2 {
                Fate::Whole => {}
                Fate::Folded => pair.1 = &self.texts[start..*end],
                // Any key that is left out reads the same: what was asked has few forms.
                Fate::LeftOut => pair.1 = "",
            }
            start = *end;
        }
        let mut asked = [("", ""); INLINE];
        let mut asked_longer = Vec::new();
        let asked = if extra.len() <= INLINE {
            for (asked, pair) in asked.iter_mut().zip(pairs.iter()) {
                *asked = asked_as(*pair);
            }
            &asked[..extra.len()]
        } else {
            asked_longer.extend(pairs.iter().map(|pair| asked_as(*pair)));
            &asked_longer[..]
        };
        if let Some(found) = self.folded.get(base, asked) {
            return Some(found);
        }
        let found = schema.intern_recorded(base, pairs.iter().copied())?;
        if self.folded.len() < schema.most_questions() {
            self.folded.insert(base, asked, found);
        }
        Some(found)
    }
}

/// A pair as the cache of folded questions knows it.
fn asked_as<'a>((key, value, fate): (&'a str, &'a str, Fate)) -> (&'a str, &'a str) {
    if fate == Fate::LeftOut { (FOLDED, "") } else { (key, value) }
}
