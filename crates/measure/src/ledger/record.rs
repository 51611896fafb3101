//! Ledgers as bytes: what stands behind the series of a second, where they were recorded.
//!
//! Whoever reads a second reads its series first and stops there if it knows no ledgers, and a second without any ends
//! with its series: files of before and after read each other.

use serde::{Deserialize, Serialize};

use super::Ledger;
use super::band::{Band, BandIndex};
use super::parts::PartSum;
use super::phase::PHASES;
use crate::tags::TagSetId;

/// What is wrong with bytes that do not decode.
type Damage = &'static str;

/// No band gets more requests than this in a second; what claims to is not a run.
const MOST_COUNT: u64 = 1 << 40;
/// Nor more parts: names are bounded where they are made.
const MOST_PARTS: usize = 4096;
/// The last band that any response time can be in.
const LAST_BAND: u16 = 1 + 54 * 8;

/// The ledger of one tag set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountEntry {
    pub(crate) tags: u32,
    pub(crate) bands: Vec<BandEntry>,
}

/// One band of it, with the phases that took any time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BandEntry {
    pub(crate) index: u16,
    pub(crate) count: u64,
    pub(crate) phases: Vec<(u8, i64)>,
    pub(crate) told: u64,
    pub(crate) told_waiting: i64,
    pub(crate) overlap: i64,
    pub(crate) refused: u64,
    /// Tag set, nanoseconds, requests.
    pub(crate) parts: Vec<(u32, i64, u64)>,
}

/// What is kept of the ledgers of a second.
pub(crate) fn accounts_of(ledgers: &[(TagSetId, Ledger)]) -> Vec<AccountEntry> {
    ledgers
        .iter()
        .map(|(tags, ledger)| AccountEntry {
            tags: tags.0,
            bands: ledger.bands().iter().map(BandEntry::of).collect(),
        })
        .collect()
}

/// Reads what stands behind the series of a second; nothing where nothing does. `most` is how many bands there may be.
pub(crate) fn accounts_in(bytes: &[u8], most: u64) -> Result<Vec<AccountEntry>, Damage> {
    const DAMAGE: Damage = "the ledgers of a second do not decode";
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let (accounts, mut rest) = postcard::take_from_bytes::<u64>(bytes).map_err(|_| DAMAGE)?;
    let mut found = Vec::new();
    let mut all: u64 = 0;
    // One after the other, so that no room is made for what is only claimed.
    for _ in 0..accounts {
        let ((tags, bands), after) = postcard::take_from_bytes::<(u32, u64)>(rest).map_err(|_| DAMAGE)?;
        rest = after;
        all = all.saturating_add(bands.max(1));
        if all > most {
            return Err("a second has too many ledgers");
        }
        let mut entry = AccountEntry { tags, bands: Vec::new() };
        for _ in 0..bands {
            let (band, after) = postcard::take_from_bytes::<BandEntry>(rest).map_err(|_| DAMAGE)?;
            rest = after;
            entry.bands.push(band);
        }
        found.push(entry);
    }
    Ok(found)
}

/// The ledgers that were kept, when they can be some. `tags` gives the tag set of an id that was encoded.
pub(crate) fn ledgers_of(
    entries: Vec<AccountEntry>,
    tags: impl Fn(u32) -> Option<TagSetId>,
) -> Result<Vec<(TagSetId, Ledger)>, Damage> {
    let known = |id| tags(id).ok_or("a ledger has unknown tags");
    let mut ledgers = Vec::with_capacity(entries.len());
    for AccountEntry { tags, bands } in entries {
        let mut read: Vec<Band> = Vec::with_capacity(bands.len());
        for entry in bands {
            let band = entry.into_band(&known)?;
            if read.last().is_some_and(|last| last.index >= band.index) {
                return Err("the bands of a ledger do not ascend");
            }
            read.push(band);
        }
        ledgers.push((known(tags)?, Ledger::from_bands(read)));
    }
    ledgers.sort_unstable_by_key(|(tags, _)| *tags);
    if ledgers.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err("a second has a ledger twice");
    }
    Ok(ledgers)
}

impl BandEntry {
    fn of(band: &Band) -> Self {
        let phases = band.phases.iter().enumerate().filter(|(_, sum)| **sum != 0);
        Self {
            index: band.index.0,
            count: band.count,
            phases: phases.map(|(phase, sum)| (phase as u8, *sum)).collect(),
            told: band.told,
            told_waiting: band.told_waiting,
            overlap: band.overlap,
            refused: band.refused,
            parts: band.parts.iter().map(|part| (part.part.0, part.nanoseconds, part.count)).collect(),
        }
    }

    fn into_band(self, tags: &impl Fn(u32) -> Result<TagSetId, Damage>) -> Result<Band, Damage> {
        let Self { index, count, phases, told, told_waiting, overlap, refused, parts } = self;
        let counts = [count, told, refused];
        let absurd = counts.iter().any(|count| *count > MOST_COUNT) || overlap > 0 || index > LAST_BAND;
        if absurd || parts.len() > MOST_PARTS {
            return Err("a ledger has absurd figures");
        }
        let mut band = Band { count, told, told_waiting, overlap, refused, ..Band::new(BandIndex(index)) };
        for (phase, sum) in phases {
            let known = band.phases.get_mut(usize::from(phase)).ok_or("a ledger has an unknown phase")?;
            *known = sum;
        }
        for (part, nanoseconds, count) in parts {
            if count > MOST_COUNT {
                return Err("a ledger has absurd figures");
            }
            band.add_part(&PartSum { part: tags(part)?, nanoseconds, count });
        }
        debug_assert_eq!(band.phases.len(), PHASES);
        Ok(band)
    }
}
