//! An answer that is kept, with its body.
//!
//! It never changes: what replaces it is another one, so that whoever serves it needs no lock. What happens to it while
//! it is kept (that it was used, marked, or is being asked for again) is beside it, in atomics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

use bytes::Bytes;

use crate::moment::Moment;
use crate::policy::{Mark, Stored};

/// More uses than that are not told apart.
const MOST_USES: u8 = 3;
/// What stands for [`Mark::Invalid`]; 0 is none, anything else is since when it is stale.
const INVALID: i64 = i64::MIN;

/// An answer that is kept.
#[derive(Debug)]
pub(super) struct Entry {
    /// A hash of its place.
    pub(super) hash: u64,
    /// Under what it is kept.
    pub(super) place: Box<str>,
    /// By what it can be purged.
    pub(super) labels: Box<[u64]>,
    /// Which purges had been when it was asked for.
    pub(super) born: u64,
    stored: Stored,
    pub(super) body: Bytes,
    /// Up to which purge it was looked at.
    pub(super) checked: AtomicU64,
    mark: AtomicI64,
    uses: AtomicU8,
    pub(super) queue: AtomicU8,
    is_refreshing: AtomicBool,
}

impl Entry {
    pub(super) fn new(
        (hash, place): (u64, Box<str>),
        labels: Box<[u64]>,
        born: u64,
        stored: Stored,
        body: Bytes,
    ) -> Self {
        Self {
            hash,
            place,
            labels,
            born,
            checked: AtomicU64::new(born),
            mark: AtomicI64::new(coded(stored.mark)),
            stored,
            body,
            uses: AtomicU8::new(0),
            queue: AtomicU8::new(0),
            is_refreshing: AtomicBool::new(false),
        }
    }

    /// What is kept beside the body, with what has happened to it.
    pub(super) fn stored(&self) -> Stored {
        let mark = match self.mark.load(Ordering::Relaxed) {
            0 => Mark::None,
            INVALID => Mark::Invalid,
            millis => Mark::StaleSince(Moment::from_millis(millis)),
        };
        Stored { mark, ..self.stored.clone() }
    }

    /// Marks it; what is worse stays.
    pub(super) fn mark(&self, mark: Mark) {
        let new = coded(mark);
        let _ = self.mark.try_update(Ordering::Relaxed, Ordering::Relaxed, |old| match (old, new) {
            (_, 0) | (INVALID, _) => None,
            (0, new) | (_, new @ INVALID) => Some(new),
            (old, new) => Some(old.min(new)),
        });
    }

    /// Bytes that it takes, with what it takes to find it.
    pub(super) fn cost(&self) -> u64 {
        let headers: usize =
            self.stored.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        (size_of::<Self>() + 16 + self.place.len() + self.labels.len() * 8 + headers + self.body.len()) as u64
    }

    /// When it came.
    pub(super) fn received(&self) -> Moment {
        self.stored.received
    }

    /// Once more it was used.
    pub(super) fn used(&self) {
        let uses = self.uses.load(Ordering::Relaxed);
        if uses < MOST_USES {
            self.uses.store(uses + 1, Ordering::Relaxed);
        }
    }

    pub(super) fn uses(&self) -> u8 {
        self.uses.load(Ordering::Relaxed)
    }

    pub(super) fn set_uses(&self, uses: u8) {
        self.uses.store(uses, Ordering::Relaxed);
    }
}

/// The right to ask for an answer again while it is served stale: one has it at a time.
#[derive(Debug)]
pub(super) struct Refresh(Arc<Entry>);

impl Refresh {
    /// None when somebody else has it.
    pub(super) fn of(entry: &Arc<Entry>) -> Option<Self> {
        let was_refreshing = entry.is_refreshing.swap(true, Ordering::Relaxed);
        (!was_refreshing).then(|| Self(Arc::clone(entry)))
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.0.is_refreshing.store(false, Ordering::Relaxed);
    }
}

fn coded(mark: Mark) -> i64 {
    match mark {
        Mark::None => 0,
        Mark::Invalid => INVALID,
        Mark::StaleSince(moment) => match moment.millis() {
            0 => 1,
            INVALID => INVALID + 1,
            millis => millis,
        },
    }
}
