//! Where room is short: what was taken first for its few bytes may stand in the way of something that saves more.

use super::advise::Search;
use super::costs::Set;
use crate::oracle::{Oracle, OracleError};

/// Swaps that are made at most; each has to save so much of what the workload costs.
const MOST: usize = 24;
const LEAST: f64 = 1e-3;

impl<O: Oracle> Search<'_, O> {
    /// The set with others in the place of some, as long as the workload costs less by it.
    pub(super) fn swap(&mut self, mut set: Set) -> Result<Set, OracleError> {
        if self.goal.within.is_none() {
            return Ok(set);
        }
        for _ in 0..MOST {
            let total = self.total(&set)?;
            let mut best: Option<(f64, Set)> = None;
            for one in self.tried.clone() {
                let added: Set = one.difference(&set).copied().collect();
                if added.is_empty() || !self.fits(&Set::new(), &added) {
                    continue;
                }
                let trial = self.squeezed(&set, &added)?;
                let saved = self.difference(&set, &trial)?;
                if saved > LEAST * total && best.as_ref().is_none_or(|(most, _)| saved > *most) {
                    best = Some((saved, trial));
                }
            }
            let Some((_, trial)) = best else { break };
            set = self.grow(trial)?;
        }
        Ok(set)
    }

    /// The set with these, and without those of the others whose bytes save least, so that it fits.
    fn squeezed(&mut self, set: &Set, added: &Set) -> Result<Set, OracleError> {
        let mut trial: Set = set.union(added).copied().collect();
        while !self.fits(&trial, &Set::new()) {
            let mut least: Option<(f64, usize)> = None;
            for at in trial.difference(added) {
                let mut less = trial.clone();
                less.remove(at);
                let loss = self.difference(&less, &trial)? / self.costs.bytes(&Set::from([*at])).max(1.0);
                if least.is_none_or(|(least, _)| loss < least) {
                    least = Some((loss, *at));
                }
            }
            match least {
                Some((_, at)) => trial.remove(&at),
                None => break,
            };
        }
        Ok(trial)
    }

    /// How much more the workload costs with one set than with another.
    fn difference(&mut self, one: &Set, other: &Set) -> Result<f64, OracleError> {
        let changed: Set = one.symmetric_difference(other).copied().collect();
        let mut more = self.goal.write_weight() * (self.costs.writes(one) - self.costs.writes(other));
        for statement in self.costs.served(&changed) {
            let costs = (self.costs.of(statement, one)?.cost, self.costs.of(statement, other)?.cost);
            more += self.costs.calls(statement) * (costs.0 - costs.1);
        }
        Ok(more)
    }
}
