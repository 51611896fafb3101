//! What was found, as advice: what each index serves, and why the others are not advised.

use super::advise::Search;
use super::combine::does_work_of;
use super::costs::Set;
use super::worth::NOTHING;
use crate::advice::{Advice, Piece, Rejected, Served, Why};
use crate::oracle::{Oracle, OracleError};

/// The share of a statement's cost that an index saves to be said to serve it.
const SERVES: f64 = 0.1;

impl<O: Oracle> Search<'_, O> {
    /// Puts down what a set does.
    pub(super) fn tell(&mut self, set: &Set, advice: &mut Advice) -> Result<(), OracleError> {
        for statement in 0..self.costs.queries.len() {
            let is_planned = self.costs.queries[statement].is_some();
            let before = if is_planned { Some(self.costs.of(statement, &Set::new())?.told) } else { None };
            let after = if is_planned { Some(self.costs.of(statement, set)?) } else { None };
            advice.before.push(before);
            advice.after.push(after.as_ref().map(|after| after.told));
            advice.uses.extend(after.into_iter().flat_map(|after| after.there));
        }
        for at in set {
            let piece = self.piece(set, *at)?;
            advice.pieces.push(piece);
        }
        advice.pieces.sort_by(|a, b| {
            (b.before - b.after).total_cmp(&(a.before - a.after)).then_with(|| a.index.cmp(&b.index))
        });
        self.reject(set, advice)?;
        advice.candidates = advice.pieces.len() + advice.rejected.len();
        advice.plans = self.costs.plans;
        advice.cached = self.costs.cached;
        Ok(())
    }

    fn piece(&mut self, set: &Set, at: usize) -> Result<Piece, OracleError> {
        let mut rest = set.clone();
        rest.remove(&at);
        let made = &self.costs.made[at];
        let mut piece = Piece {
            index: made.candidate.index.clone(),
            tree: self.catalogue.tree(made.candidate.table),
            bytes: made.bytes(),
            before: 0.0,
            after: 0.0,
            writes: made.writes,
            ends_hot: made.ends_hot,
            serves: Vec::new(),
        };
        for statement in self.costs.served(&Set::from([at])) {
            let with = self.costs.of(statement, set)?;
            let without = self.costs.of(statement, &rest)?.told;
            let calls = self.costs.calls(statement);
            piece.before += calls * without;
            piece.after += calls * with.told;
            if with.used.contains(&at) && without - with.told > NOTHING.min(SERVES * without) {
                piece.serves.push(Served { statement, before: without, after: with.told });
            }
        }
        Ok(piece)
    }

    fn reject(&mut self, set: &Set, advice: &mut Advice) -> Result<(), OracleError> {
        let pool: Set = self.tried.iter().flatten().copied().collect();
        for at in 0..self.costs.made.len() {
            if set.contains(&at) {
                continue;
            }
            let index = self.costs.made[at].candidate.index.clone();
            let why = self.why_not(set, at, pool.contains(&at))?;
            advice.rejected.push(Rejected { index, why });
        }
        advice.rejected.sort_by(|a, b| a.why.cmp(&b.why).then_with(|| a.index.cmp(&b.index)));
        Ok(())
    }

    /// Why a candidate is not among the advised ones.
    fn why_not(&mut self, set: &Set, at: usize, was_tried: bool) -> Result<Why, OracleError> {
        let index = &self.costs.made[at].candidate.index;
        let others = set.iter().map(|other| &self.costs.made[*other].candidate.index);
        if let Some(other) = others.into_iter().find(|other| does_work_of(other, index)) {
            return Ok(Why::Covered(other.name()));
        }
        let one = Set::from([at]);
        if !was_tried {
            return Ok(Why::SavesTooLittle);
        }
        let writes = self.costs.made[at].writes;
        let (saved, saved_most) = self.saved(&Set::new(), &one)?;
        if saved_most < self.goal.least_share() || saved <= self.least {
            return Ok(Why::SavesTooLittle);
        }
        if saved <= self.goal.write_weight() * writes {
            return Ok(Why::Writes);
        }
        let bytes = self.costs.made[at].bytes();
        if self.gain(set, &one)? <= 0.0 {
            return Ok(Why::OthersServe);
        }
        if let Some(within) = self.goal.within
            && self.costs.bytes(set) + bytes > within
        {
            return Ok(Why::NoRoom);
        }
        Ok(Why::NearlyAsWell)
    }

    /// What the workload saves, and the largest share of what one statement cost.
    fn saved(&mut self, set: &Set, added: &Set) -> Result<(f64, f64), OracleError> {
        let with: Set = set.union(added).copied().collect();
        let (mut saved, mut most) = (0.0, 0.0_f64);
        for statement in self.costs.served(added) {
            let before = self.costs.of(statement, set)?.cost;
            let after = self.costs.of(statement, &with)?.cost;
            saved += self.costs.calls(statement) * (before - after);
            if before - after > NOTHING {
                most = most.max((before - after) / before);
            }
        }
        Ok((saved, most))
    }
}
