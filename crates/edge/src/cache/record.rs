//! What happens to a cache, as bytes that say it again: for a journal that survives the cache.
//!
//! Records in their order are the cache: an answer that is kept, a purge, an answer that is no longer to be used.
//! Whoever reads them back ([`Cache::restore`](super::Cache::restore)) does the same again, so that a purge which came
//! after an answer takes it away again, wherever both stand. That is why a journal may lose answers and never a purge:
//! see [`Journal`].

use std::fmt;

use bytes::Bytes;

use super::labels::{Fate, Label};
use super::packed::pack;
use crate::fields::numbers::{put, put_bytes};
use crate::policy::{Mark, Stored};

pub(super) const ANSWER: u8 = 1;
pub(super) const PURGE: u8 = 2;
pub(super) const DROP: u8 = 3;

/// One thing that has happened.
#[derive(Debug, Clone)]
pub struct Record {
    /// What it says first.
    pub head: Vec<u8>,
    /// And then: the body of an answer.
    pub body: Bytes,
    /// Whether it may be lost: then an answer is not found again. Otherwise one is found again that may not be used,
    /// and whoever loses it has to forget all that came before.
    pub may_be_lost: bool,
}

/// What takes records, in their order.
///
/// It is called by whoever serves a request, and may not wait for a disk.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Takes a record.
    fn write(&self, record: Record);
}

/// What became of a record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// An answer, which is kept again.
    Answer,
    /// An answer that is not kept again: there is no room, or it came later than now.
    Not,
    /// A purge.
    Purge,
    /// Nothing that a cache has written.
    Unreadable,
}

impl Record {
    /// An answer that is kept.
    pub(super) fn answer(place: &str, url: Option<&str>, stored: &Stored, body: &Bytes) -> Self {
        let mut head = vec![ANSWER];
        put_bytes(place.as_bytes(), &mut head);
        put_bytes(url.unwrap_or_default().as_bytes(), &mut head);
        let mut packed = Vec::new();
        pack(stored, &mut packed);
        put_bytes(&packed, &mut head);
        Self { head, body: body.clone(), may_be_lost: true }
    }

    pub(super) fn purge(label: Option<Label<'_>>, fate: Fate) -> Self {
        let mut head = vec![PURGE];
        match fate {
            Fate::Gone => head.push(0),
            Fate::Marked(Mark::StaleSince(moment)) => {
                head.push(1);
                put(moment.millis().cast_unsigned(), &mut head);
            }
            Fate::Marked(_) => head.push(2),
        }
        let (kind, texts): (u8, [&str; 2]) = match label {
            None => (0, ["", ""]),
            Some(Label::Url(url)) => (1, [url, ""]),
            Some(Label::Tag(tag)) => (2, [tag, ""]),
            Some(Label::Group(group)) => (3, [group, ""]),
            Some(Label::GroupOf(origin, group)) => (4, [origin, group]),
        };
        head.push(kind);
        for text in texts {
            put_bytes(text.as_bytes(), &mut head);
        }
        Self { head, body: Bytes::new(), may_be_lost: false }
    }

    /// What is at a place is not to be used as it was kept.
    pub(super) fn drop(place: &[u8]) -> Self {
        let mut head = vec![DROP];
        put_bytes(place, &mut head);
        Self { head, body: Bytes::new(), may_be_lost: false }
    }
}
