//! Requests that took about as long as each other, and where their time went.

use super::parts::{PartSum, ServerAccount};
use super::phase::{PHASES, Phase, RequestTimes};

/// Shorter response times are all in the first band: 2^10 ns.
const SHORTEST: u32 = 10;
/// Bands for each doubling, as a power of two.
const FINENESS: u32 = 3;

/// Which response times a [`Band`] has: eight bands for each doubling, of equal width within it, so that the widest is
/// an eighth of its lower bound. The first has everything below 1.024 µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BandIndex(pub(crate) u16);

impl BandIndex {
    /// The band of a response time in nanoseconds.
    #[inline]
    pub fn of(nanoseconds: u64) -> Self {
        let Some(doubling) = nanoseconds.checked_ilog2().filter(|doubling| *doubling >= SHORTEST) else {
            return Self(0);
        };
        let within = (nanoseconds >> (doubling - FINENESS)) as u32 & ((1 << FINENESS) - 1);
        Self((1 + ((doubling - SHORTEST) << FINENESS) + within) as u16)
    }

    /// The shortest response time that belongs to it, in nanoseconds.
    pub fn lowest(self) -> u64 {
        let Some(beyond) = u32::from(self.0).checked_sub(1) else { return 0 };
        let (doubling, within) = (SHORTEST + (beyond >> FINENESS), u64::from(beyond & ((1 << FINENESS) - 1)));
        (u128::from((1 << FINENESS) + within) * (1_u128 << (doubling - FINENESS))).min(u64::MAX.into()) as u64
    }
}

/// Where the time of requests went whose response times are about the same.
///
/// Sums are in nanoseconds, over all requests of the band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Which response times.
    pub index: BandIndex,
    /// How many requests.
    pub count: u64,
    /// What they spent in each [`Phase`], by its position.
    pub(crate) phases: [i64; PHASES],
    /// Of how many of them the server has told what it did.
    pub told: u64,
    /// The waiting of those, which is what the server's parts are parts of.
    pub told_waiting: i64,
    /// What the server did, by the name of the part; each without what is in parts within it.
    pub(crate) parts: Vec<PartSum>,
    /// By how much parts come to more than was waited, because they went on at the same time or because their server
    /// rounds, never above zero: parts, overlap and what is left of the waiting come to
    /// [`told_waiting`](Self::told_waiting).
    pub overlap: i64,
    /// How many said something of themselves that cannot be true or cannot be read, and was left out.
    pub refused: u64,
}

impl Band {
    /// One without requests.
    pub(crate) fn new(index: BandIndex) -> Self {
        Self {
            index,
            count: 0,
            phases: [0; PHASES],
            told: 0,
            told_waiting: 0,
            parts: Vec::new(),
            overlap: 0,
            refused: 0,
        }
    }

    /// What the requests spent in a phase, in nanoseconds.
    pub fn phase(&self, phase: Phase) -> i64 {
        self.phases[phase as usize]
    }

    /// Their response times, in nanoseconds: all counted phases.
    pub fn total(&self) -> i64 {
        Phase::COUNTED.iter().fold(0, |total: i64, phase| total.saturating_add(self.phase(*phase)))
    }

    /// What the server did, by the part's tag set, ascending.
    pub fn parts(&self) -> &[PartSum] {
        &self.parts
    }

    /// What is left of the waiting of those that were told of: the network, and whatever their server does not tell.
    pub fn untold(&self) -> i64 {
        let parts = self.parts.iter().fold(0, |sum: i64, part| sum.saturating_add(part.nanoseconds));
        self.told_waiting.saturating_sub(parts).saturating_sub(self.overlap)
    }

    /// One more request.
    #[inline]
    pub(crate) fn add(&mut self, times: &RequestTimes) {
        self.count += 1;
        for (sum, time) in self.phases.iter_mut().zip(times.nanoseconds()) {
            *sum = sum.saturating_add(time);
        }
    }

    /// What the server of one of its requests has told, whose waiting was so long.
    pub(crate) fn tell(&mut self, waiting: i64, account: &ServerAccount) {
        self.refused += u64::from(account.is_refused());
        if account.is_empty() {
            return;
        }
        self.told += 1;
        self.told_waiting = self.told_waiting.saturating_add(waiting);
        let mut parts: i64 = 0;
        for part in account.parts() {
            parts = parts.saturating_add(part.nanoseconds);
            self.add_part(part);
        }
        let left = waiting.saturating_sub(parts).saturating_sub(account.overlap());
        self.overlap = self.overlap.saturating_add(account.overlap()).saturating_add(left.min(0));
    }

    /// Adds to one part.
    pub(crate) fn add_part(&mut self, more: &PartSum) {
        match self.parts.binary_search_by_key(&more.part, |known| known.part) {
            Ok(position) => self.parts[position].merge(more),
            Err(position) => self.parts.insert(position, *more),
        }
    }

    /// Adds all requests of another band of the same schema.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for (sum, more) in self.phases.iter_mut().zip(other.phases) {
            *sum = sum.saturating_add(more);
        }
        self.told += other.told;
        self.told_waiting = self.told_waiting.saturating_add(other.told_waiting);
        for part in &other.parts {
            self.add_part(part);
        }
        self.overlap = self.overlap.saturating_add(other.overlap);
        self.refused += other.refused;
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && self.told == 0 && self.refused == 0
    }
}
