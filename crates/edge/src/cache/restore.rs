//! A cache that is made again of what a journal has kept of another one.
//!
//! What is read may be anything: a record is done again as a whole or not at all.

use std::sync::Arc;

use bytes::Bytes;
use url::Url;

use super::engine::Cache;
use super::entry::Entry;
use super::labels::{Fate, Label};
use super::packed::unpack;
use super::record::{ANSWER, DROP, Journal, PURGE, Restored};
use super::reply::has_all;
use crate::fields::compact::Fields;
use crate::fields::numbers::Reader;
use crate::moment::Moment;
use crate::policy::{Held, Mark};

impl Cache {
    /// From now on a journal takes what happens. Only the first one does.
    pub fn write_to(&self, journal: Arc<dyn Journal>) {
        // A second one is a mistake of whoever calls; the first has all that has happened.
        let _ = self.journal.set(journal);
    }

    /// Does again what a record says: its head and its body in one.
    pub fn restore(&self, now: Moment, record: &Bytes) -> Restored {
        let mut reader = Reader { rest: record };
        match reader.byte() {
            Some(ANSWER) => self.answer_again(now, record, &mut reader),
            Some(PURGE) => self.purge_again(&mut reader),
            Some(DROP) => self.drop_again(&mut reader),
            _ => None,
        }
        .unwrap_or(Restored::Unreadable)
    }

    fn answer_again(&self, now: Moment, record: &Bytes, reader: &mut Reader<'_>) -> Option<Restored> {
        let (place, url) = (reader.text()?, reader.text()?);
        let packed = record.slice_ref(reader.bytes()?);
        let body = record.slice_ref(reader.rest);
        let stored = unpack(&packed, Mark::None)?;
        Fields::from_any(packed.slice_ref(stored.headers.bytes()))?;
        let is_whole = stored.held != Held::Whole || stored.length == Some(body.len() as u64);
        if !has_all(&stored, &body) || !is_whole {
            return None;
        }
        if stored.received > now || body.len() as u64 > self.limits.body {
            return Some(Restored::Not);
        }
        let hash = self.hash(place);
        // What the same fields chose before is superseded.
        let at_place: Vec<_> = self.shard(hash).at(hash, place).cloned().collect();
        for old in at_place.iter().filter(|old| old.stored().selecting == stored.selecting) {
            self.remove(old);
        }
        let url = Url::parse(url).ok();
        let labels = self.labels_by(url.as_ref(), &stored.headers.to_map());
        let born = self.labels.count();
        let entry = Entry::new((hash, place), &labels, born, &stored, &body, self.shelf)?;
        if !stored.search.is_nothing() {
            self.searches.learn(place, &stored.search, &self.tallies.searches_dropped);
        }
        Some(if self.insert(Arc::new(entry), None) { Restored::Answer } else { Restored::Not })
    }

    fn purge_again(&self, reader: &mut Reader<'_>) -> Option<Restored> {
        let fate = match reader.byte()? {
            0 => Fate::Gone,
            1 => {
                let since = Moment::from_millis(reader.number()?.cast_signed());
                Fate::Marked(Mark::StaleSince(since))
            }
            2 => Fate::Marked(Mark::Invalid),
            _ => return None,
        };
        let kind = reader.byte()?;
        let (one, other) = (reader.text()?, reader.text()?);
        let label = match kind {
            0 => None,
            1 => Some(Label::Url(one)),
            2 => Some(Label::Tag(one)),
            3 => Some(Label::Group(one)),
            4 => Some(Label::GroupOf(one, other)),
            _ => return None,
        };
        match label {
            Some(label) => {
                self.labels.purge(self.labels.hash(label), fate);
            }
            None => self.labels.purge_all(fate),
        }
        Some(Restored::Purge)
    }

    fn drop_again(&self, reader: &mut Reader<'_>) -> Option<Restored> {
        let place = reader.text()?;
        let hash = self.hash(place);
        let at_place: Vec<_> = self.shard(hash).at(hash, place).cloned().collect();
        for entry in at_place {
            self.remove(&entry);
        }
        Some(Restored::Purge)
    }
}
