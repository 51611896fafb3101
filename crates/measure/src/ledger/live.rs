//! What a recorder keeps of one tag set's ledger until the next window is taken.

use super::band::{Band, BandIndex};
use super::parts::ServerAccount;
use super::phase::RequestTimes;
use super::{Ledger, Phase};

/// A band's place that is not there.
const NONE: u16 = u16::MAX;

/// Bands in the order in which they came up; all buffers stay for the next window.
#[derive(Debug, Default)]
pub(crate) struct LiveLedger {
    /// By the band's index: its position.
    positions: Vec<u16>,
    bands: Vec<Band>,
}

impl LiveLedger {
    /// Adds a request, and what its server tells of it.
    #[inline]
    pub(crate) fn add(&mut self, times: &RequestTimes, account: Option<&ServerAccount>) {
        let band = self.band(times.total());
        band.add(times);
        if let Some(account) = account {
            band.tell(times.phase(Phase::Waiting), account);
        }
    }

    /// Adds what is told later of a request that was added: its response time and its waiting, in nanoseconds.
    pub(crate) fn tell(&mut self, total: i64, waiting: i64, account: &ServerAccount) {
        self.band(total).tell(waiting, account);
    }

    #[inline]
    fn band(&mut self, total: i64) -> &mut Band {
        let index = BandIndex::of(total.max(0) as u64);
        let at = usize::from(index.0);
        let position = match self.positions.get(at) {
            Some(&position) if position != NONE => position,
            _ => self.open(index),
        };
        &mut self.bands[usize::from(position)]
    }

    #[cold]
    fn open(&mut self, index: BandIndex) -> u16 {
        let at = usize::from(index.0);
        if self.positions.len() <= at {
            self.positions.resize(at + 1, NONE);
        }
        let position = self.bands.len() as u16;
        self.positions[at] = position;
        self.bands.push(Band::new(index));
        position
    }

    /// Takes what came together since the last time.
    pub(crate) fn take(&mut self) -> Ledger {
        let mut taken: Vec<Band> = Vec::new();
        for band in self.bands.iter_mut().filter(|band| !band.is_empty()) {
            taken.push(band.clone());
            let mut parts = std::mem::take(&mut band.parts);
            parts.clear();
            *band = Band { parts, ..Band::new(band.index) };
        }
        taken.sort_unstable_by_key(|band| band.index);
        Ledger::from_bands(taken)
    }
}
