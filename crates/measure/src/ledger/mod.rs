//! The ledger: where the time of requests went, in an account that adds up.
//!
//! What a percentile is made of cannot be told from the percentiles of the parts: the slowest tenth of all connections
//! and the slowest tenth of all queries are not the same requests. So the parts of each request are added up beside
//! those of requests that took about as long as it did, in [`Band`]s of the response time. Whoever wants to know what
//! the requests around p95 have waited for reads the bands around p95.
//!
//! Everything is whole nanoseconds, so sums are exact and merging is adding. In every band the counted phases come to
//! the response times of its requests, to the nanosecond, because that is what the response time is made of.
//!
//! What servers tell of their part of `waiting` (`Server-Timing`, spans) is kept beside it, of those requests that were
//! told of. It is never made to fit: what cannot be true is refused and counted, and parts that went on at the same
//! time have what they overlap by as a figure of its own.

mod band;
mod live;
mod parts;
mod phase;
mod record;

pub use band::{Band, BandIndex};
pub(crate) use live::LiveLedger;
pub use parts::{EVERY_PART, OTHER_PARTS, PART, PartSum, ServerAccount, part_name};
pub use phase::{Phase, RequestTimes};
pub(crate) use record::{AccountEntry, BandEntry, accounts_in, accounts_of, ledgers_of};

use crate::tags::TagSetId;

/// Where the time of the requests of one tag set went; merged, of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// By the response time, ascending.
    bands: Vec<Band>,
}

impl Ledger {
    /// Bands in ascending order, each of them once.
    pub(crate) fn from_bands(bands: Vec<Band>) -> Self {
        Self { bands }
    }

    /// The bands that have requests, by ascending response time.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    /// How many requests there were.
    pub fn count(&self) -> u64 {
        self.bands.iter().map(|band| band.count).sum()
    }

    /// All of it in one band, whose index means nothing; `None` without requests.
    pub fn whole(&self) -> Option<Band> {
        let (first, rest) = self.bands.split_first()?;
        let mut whole = first.clone();
        for band in rest {
            whole.merge(band);
        }
        Some(whole)
    }

    /// Adds everything of another ledger of the same schema.
    pub fn merge(&mut self, other: &Self) {
        for band in &other.bands {
            match self.bands.binary_search_by_key(&band.index, |known| known.index) {
                Ok(position) => self.bands[position].merge(band),
                Err(position) => self.bands.insert(position, band.clone()),
            }
        }
    }

    /// The same with the parts' names of another schema; `None` when one of them has none there.
    pub(crate) fn translated(&self, mut part: impl FnMut(TagSetId) -> Option<TagSetId>) -> Option<Self> {
        let bands = self.bands.iter().map(|band| {
            let mut translated = Band { parts: Vec::with_capacity(band.parts.len()), ..band.clone() };
            for sum in &band.parts {
                translated.add_part(&PartSum { part: part(sum.part)?, ..*sum });
            }
            Some(translated)
        });
        Some(Self { bands: bands.collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests;
