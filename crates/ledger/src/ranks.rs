//! Requests by their rank: which of those of a ledger are among the slowest twentieth, or around the median.

use loadline_measure::{Band, Ledger, Phase};

/// Fewer requests than this have no typical half and no slow end.
pub const LEAST_REQUESTS: u64 = 40;

/// A part of the requests, by rank: shares of all, from 0 for the fastest to 1 for the slowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranks {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

impl Ranks {
    /// All of them.
    pub const ALL: Self = Self { from: 0.0, to: 1.0 };
    /// The half around the median.
    pub const TYPICAL: Self = Self { from: 0.25, to: 0.75 };

    /// The slowest of them, beyond a percentile from 0 to 1.
    pub fn slowest(quantile: f64) -> Self {
        Self { from: quantile, to: 1.0 }
    }

    /// Those around a percentile, which has as many of them on either side: half as many as there are beyond it, and
    /// never more than a tenth of all.
    pub fn around(quantile: f64) -> Self {
        let half = ((1.0 - quantile).min(quantile) / 2.0).min(0.05);
        Self { from: quantile - half, to: quantile + half }
    }
}

/// A band, and how many of its requests are meant.
pub(crate) type Some<'l> = (&'l Band, f64);

/// The bands of a ledger with how many requests of each have these ranks. Where a band has some that are not meant,
/// those that are stand for it on average: within a band nobody knows whose rank is which.
pub(crate) fn ranked(ledger: &Ledger, ranks: Ranks) -> Vec<Some<'_>> {
    let all = ledger.count() as f64;
    let (from, to) = (ranks.from * all, ranks.to * all);
    let mut below = 0.0;
    let mut found = Vec::new();
    for band in ledger.bands() {
        let count = band.count as f64;
        let meant = (to.min(below + count) - from.max(below)).max(0.0);
        below += count;
        if meant > 0.0 {
            found.push((band, meant));
        }
    }
    found
}

/// A phase's time in nanoseconds of the requests that are meant.
pub(crate) fn share_of(band: &Band, meant: f64, phase: Phase) -> f64 {
    band.phase(phase) as f64 * meant / band.count as f64
}
