//! What a journal has written, and what it could not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a journal has written, and what it could not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Bytes of all files.
    pub bytes: u64,
    /// Records that were written.
    pub written: u64,
    /// Answers that were not written because the disk was too slow for them.
    pub skipped: u64,
    /// Answers that were not written because a file could not be, or because they were too large.
    pub failed: u64,
    /// Files that had to go because there was no more room.
    pub files_dropped: u64,
    /// How often all had to be let go of, because a purge could not be written.
    pub wiped: u64,
    /// Whether nothing is written any more, because not even that could be done.
    pub is_broken: bool,
}

#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) bytes: AtomicU64,
    pub(super) written: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) files_dropped: AtomicU64,
    pub(super) wiped: AtomicU64,
    pub(super) is_broken: AtomicBool,
    /// A purge came while there was no room in the queue.
    pub(super) purge_was_lost: AtomicBool,
}

impl Tallies {
    pub(super) fn counts(&self) -> DiskCounts {
        let read = |tally: &AtomicU64| tally.load(Ordering::Relaxed);
        DiskCounts {
            bytes: read(&self.bytes),
            written: read(&self.written),
            skipped: read(&self.skipped),
            failed: read(&self.failed),
            files_dropped: read(&self.files_dropped),
            wiped: read(&self.wiped),
            is_broken: self.is_broken.load(Ordering::Relaxed),
        }
    }
}

pub(super) fn one_more(tally: &AtomicU64) {
    tally.fetch_add(1, Ordering::Relaxed);
}
