//! How much a Run file may become, by how long it is.
//!
//! A file from somewhere else may be made to become anything: a few kilobytes of compressed zeros are gigabytes of
//! seconds, and a second that comes in a million parts is put together a million times. What a run records is not like
//! that: names are text that costs bytes, each second that is written has a checksum of its own, and only what repeats
//! itself costs next to nothing. So everything is allowed for by the bytes that were taken so far, many times over what
//! runs come to, and a file that wants more is damaged.

use crate::frame::Damage;
use crate::ledger::Ledger;
use crate::tags::TagSetId;

/// What any file may come to, however short it is, and what each of its bytes adds to that.
struct Rule {
    base: u64,
    for_each_byte: u64,
    words: Damage,
}

impl Rule {
    fn most(&self, bytes: u64) -> u64 {
        self.base.saturating_add(bytes.saturating_mul(self.for_each_byte))
    }
}

/// Bytes that wait to become a frame. Names compress to a twentieth.
const WAITING: Rule = Rule { base: 1 << 20, for_each_byte: 64, words: "a frame is too long for the file" };
/// Bytes of all frames. Seconds that repeat each other compress to a thousandth.
const BYTES: Rule =
    Rule { base: 64 << 20, for_each_byte: 2048, words: "it decompresses to too much for its length" };
/// Frames: each has a checksum, which takes four bytes however it is compressed.
const FRAMES: Rule = Rule { base: 1000, for_each_byte: 1, words: "it has too many frames for its length" };
/// Metrics and tag sets: each has a name of its own.
const NAMES: Rule = Rule { base: 1000, for_each_byte: 1, words: "it has too many names for its length" };
/// Series in one second: metrics times tag sets.
const SERIES: Rule = Rule { base: 10_000, for_each_byte: 16, words: "a second has too many series" };
/// Values of series that are put together, in all seconds, of what is recorded.
const RECORDS: Rule =
    Rule { base: 4_000_000, for_each_byte: 512, words: "it has too many values for its length" };
/// Bands of ledgers, in all seconds: each has sums that do not repeat themselves.
const BANDS: Rule =
    Rule { base: 500_000, for_each_byte: 16, words: "it has too many ledgers for its length" };
/// … and of what is put together again because a second comes in parts.
const AGAIN: Rule = Rule { base: 500_000, for_each_byte: 16, words: "a second comes in too many parts" };

/// What was used of what is allowed.
#[derive(Default)]
pub(super) struct Allowance {
    taken: u64,
    bytes: u64,
    frames: u64,
    names: u64,
    records: u64,
    bands: u64,
    again: u64,
}

impl Allowance {
    /// So many bytes of the file were taken.
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes as u64);
    }

    /// So many bytes came of them just now, and so many wait to become a frame.
    pub(super) fn decompressed(&mut self, bytes: usize, waiting: usize) -> Result<(), Damage> {
        within(&WAITING, waiting as u64, self.taken)?;
        add(&BYTES, &mut self.bytes, bytes as u64, self.taken)
    }

    /// The most that a frame may decompress to that is compressed for itself.
    pub(super) fn longest_frame(&self) -> u64 {
        WAITING.most(self.taken)
    }

    /// A frame is whole.
    pub(super) fn frame(&mut self) -> Result<(), Damage> {
        add(&FRAMES, &mut self.frames, 1, self.taken)
    }

    /// So many metrics and tag sets are new.
    pub(super) fn names(&mut self, names: usize) -> Result<(), Damage> {
        add(&NAMES, &mut self.names, names as u64, self.taken)
    }

    /// A second has so many series, and `there` in it already.
    pub(super) fn second(&mut self, series: u64, there: u64) -> Result<(), Damage> {
        within(&SERIES, series, self.taken)?;
        add(&RECORDS, &mut self.records, series, self.taken)?;
        add(&AGAIN, &mut self.again, there, self.taken)
    }

    /// The most bands of ledgers that a frame may have.
    pub(super) fn most_bands(&self) -> u64 {
        BANDS.most(self.taken)
    }

    /// So many ledgers came.
    pub(super) fn bands(&mut self, ledgers: &[(TagSetId, Ledger)]) -> Result<(), Damage> {
        let bands = ledgers.iter().map(|(_, ledger)| ledger.bands().len() as u64).sum();
        add(&BANDS, &mut self.bands, bands, self.taken)
    }

    /// The most records that a block may have, of which the writer makes no more than `full` and one second.
    pub(super) fn most_in_block(&self, full: u64) -> u64 {
        SERIES.most(self.taken).saturating_add(full)
    }
}

fn add(rule: &Rule, used: &mut u64, more: u64, taken: u64) -> Result<(), Damage> {
    *used = used.saturating_add(more);
    within(rule, *used, taken)
}

fn within(rule: &Rule, used: u64, taken: u64) -> Result<(), Damage> {
    if used > rule.most(taken) { Err(rule.words) } else { Ok(()) }
}
