//! How much a cache keeps, and what it has let go of.

use std::sync::atomic::{AtomicU64, Ordering};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Answers under one key, for requests that choose different ones; beyond, the oldest goes.
    pub variants: usize,
    /// Bytes of all that is kept: heads, keys, bodies, and what it takes to find them.
    pub bytes: u64,
    /// Bytes of the largest body that is kept.
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { variants: 64, bytes: 256 << 20, body: 16 << 20 }
    }
}

/// What there is, and what was let go of, which nobody would otherwise notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers that are kept.
    pub answers: u64,
    /// Their bytes, with all that it takes to find them.
    pub bytes: u64,
    /// Answers that had to go because there was no room.
    pub evicted: u64,
    /// Answers that had to go because their key had too many.
    pub variants_dropped: u64,
    /// Different `No-Vary-Search` that were forgotten, because too many were said: answers that were kept by them are
    /// no longer found by other queries than their own.
    pub searches_dropped: u64,
    /// Answers that were not kept because they were larger than may be kept.
    pub too_large: u64,
    /// Answers that were not kept because there was no room for them, whatever was let go of.
    pub no_room: u64,
    /// Answers that were not kept because their bodies ended early, or nobody waited for their end.
    pub cut_short: u64,
    /// Answers that were not kept because they were asked for before purges of which too many came to remember all.
    pub outrun: u64,
    /// Answers that a purge took away.
    pub purged: u64,
}

/// The same while it is counted, by many threads.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) answers: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) variants_dropped: AtomicU64,
    pub(super) searches_dropped: AtomicU64,
    pub(super) too_large: AtomicU64,
    pub(super) no_room: AtomicU64,
    pub(super) cut_short: AtomicU64,
    pub(super) outrun: AtomicU64,
    pub(super) purged: AtomicU64,
}

impl Tallies {
    pub(super) fn counts(&self) -> Counts {
        let read = |tally: &AtomicU64| tally.load(Ordering::Relaxed);
        Counts {
            answers: read(&self.answers),
            bytes: read(&self.bytes),
            evicted: read(&self.evicted),
            variants_dropped: read(&self.variants_dropped),
            searches_dropped: read(&self.searches_dropped),
            too_large: read(&self.too_large),
            no_room: read(&self.no_room),
            cut_short: read(&self.cut_short),
            outrun: read(&self.outrun),
            purged: read(&self.purged),
        }
    }

    /// Takes room for so many bytes; none when there is not enough.
    pub(super) fn take_room(&self, bytes: u64, most: u64) -> bool {
        self.bytes
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                taken.checked_add(bytes).filter(|sum| *sum <= most)
            })
            .is_ok()
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Counts one more.
pub(super) fn add(tally: &AtomicU64, count: u64) {
    tally.fetch_add(count, Ordering::Relaxed);
}
