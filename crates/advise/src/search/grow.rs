//! One by one, as long as something gains by it.

use super::advise::Search;
use super::costs::Set;
use crate::oracle::{Oracle, OracleError};

/// The least number of bytes that a gain is divided by where room is short: a page.
const PAGE: f64 = 8192.0;

impl<O: Oracle> Search<'_, O> {
    /// What is added to a set while something gains by it, what gains most first; where room is short, what gains most
    /// for its bytes.
    pub(super) fn grow(&mut self, mut set: Set) -> Result<Set, OracleError> {
        // What was gained the last time; more it is seldom.
        let mut bounds: Vec<(f64, Set)> = Vec::new();
        for one in self.tried.clone() {
            let added: Set = one.difference(&set).copied().collect();
            let gain = self.gain(&set, &added)?;
            bounds.push((self.worth(gain, &added), one));
        }
        loop {
            let mut best: Option<(f64, Set)> = None;
            bounds.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            for (bound, one) in &mut bounds {
                if best.as_ref().is_some_and(|(worth, _)| *bound <= *worth) {
                    break;
                }
                let added: Set = one.difference(&set).copied().collect();
                if added.is_empty() || !self.fits(&set, &added) {
                    *bound = 0.0;
                    continue;
                }
                let gain = self.gain(&set, &added)?;
                let worth = self.worth(gain, &added);
                *bound = worth;
                if worth > 0.0 && best.as_ref().is_none_or(|(best, _)| worth > *best) {
                    best = Some((worth, added));
                }
            }
            let Some((_, added)) = best else { return Ok(set) };
            set.extend(added);
        }
    }

    fn worth(&self, gain: f64, added: &Set) -> f64 {
        let room = if self.goal.within.is_some() { self.costs.bytes(added).max(PAGE) } else { 1.0 };
        (gain / room).max(0.0)
    }

    /// Whether a set has room for more.
    pub(super) fn fits(&self, set: &Set, added: &Set) -> bool {
        self.goal.within.is_none_or(|within| self.costs.bytes(set) + self.costs.bytes(added) <= within)
    }
}
