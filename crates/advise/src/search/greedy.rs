//! One by one, as long as something gains by it; then without what has become needless.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{NOTHING, as_good, moves};
use super::costs::{Costs, Made, Set};
use super::goal::Goal;
use super::query::Query;
use super::sizes::predict;
use super::writes::{Burden, Writing};
use crate::advice::{Advice, Piece, Rejected, Served, Unplanned};
use crate::binding::{Columns, bind};
use crate::candidate::{Candidate, candidates};
use crate::catalogue::Catalogue;
use crate::index::Index;
use crate::oracle::{Oracle, OracleError};
use crate::workload::Workload;
use loadline_pg::portrait::Portrait;

/// An index of some rows serves fewer statements to come: it has to be so many times smaller than one of all rows.
const PART: f64 = 4.0;

/// Advice for a workload.
///
/// # Errors
/// When the oracle is gone.
pub fn advise(
    portrait: &Portrait,
    workload: &Workload,
    goal: Goal,
    oracle: &mut impl Oracle,
) -> Result<Advice, OracleError> {
    let catalogue = oracle.catalogue()?;
    let columns = Columns::of(portrait);
    let mut advice = Advice::default();
    let (mut queries, mut wanted): (Vec<Option<Query>>, BTreeMap<Index, Candidate>) =
        (Vec::new(), BTreeMap::new());
    let mut by_statement: Vec<BTreeSet<Index>> = Vec::new();
    for (statement, asked) in workload.statements.iter().enumerate() {
        let query = match bind(asked, &columns, &catalogue, oracle, &mut advice.plans) {
            Ok(bound) => {
                let query = Query::of(&bound, asked.calls, &catalogue);
                advice.bindings.push(bound.bindings);
                Some(query)
            }
            Err(OracleError::Refused(why)) => {
                advice.unplanned.push(Unplanned { statement, why });
                advice.bindings.push(Vec::new());
                None
            }
            Err(gone) => return Err(gone),
        };
        let mut mine = BTreeSet::new();
        if let Some(query) = query.as_ref() {
            let mut all = candidates(&query.needs, &catalogue, oracle)?;
            for (text, _) in &query.parts[query.bindings..] {
                if let Ok(plan) = oracle.plan(text) {
                    all.extend(candidates(&crate::predicate::needs(&plan, &catalogue), &catalogue, oracle)?);
                }
            }
            for candidate in all {
                mine.insert(candidate.index.clone());
                wanted.entry(candidate.index.clone()).or_insert(candidate);
            }
        }
        by_statement.push(mine);
        queries.push(query);
    }
    let writing = Writing::of(portrait, workload.origin, &queries, &catalogue);
    let mut costs = Costs::new(oracle, queries, advice.plans);
    let mut places: BTreeMap<Index, usize> = BTreeMap::new();
    for (index, candidate) in wanted {
        let table = &catalogue.tables[candidate.table];
        let size = predict(portrait, table, &candidate);
        match costs.oracle.make(&index, size) {
            Ok(number) => {
                let Burden { cost: writes, ends_hot } = writing.burden(&candidate);
                places.insert(index, costs.add(Made { candidate, number, size, writes, ends_hot }));
            }
            Err(OracleError::Refused(_)) => {}
            Err(gone) => return Err(gone),
        }
    }
    advice.candidates = places.len();
    for (statement, mine) in by_statement.iter().enumerate() {
        costs.relevant[statement] = mine.iter().filter_map(|index| places.get(index)).copied().collect();
    }
    let mut search = Search { catalogue, costs, goal, tried: BTreeSet::new() };
    for statement in 0..workload.statements.len() {
        if search.costs.queries[statement].is_some() {
            search.tried.extend(moves(&mut search.costs, statement, goal)?);
        }
    }
    search.share();
    let set = search.grow()?;
    let set = search.shrink(set)?;
    search.tell(&set, &mut advice)?;
    Ok(advice)
}

struct Search<'o, O> {
    catalogue: Catalogue,
    costs: Costs<'o, O>,
    goal: Goal,
    /// What is tried: sets of which most have one index.
    tried: BTreeSet<Set>,
}

impl<O: Oracle> Search<'_, O> {
    /// A candidate of one statement can serve others that ask for its first key.
    fn share(&mut self) {
        let pool: Set = self.tried.iter().flatten().copied().collect();
        for statement in 0..self.costs.queries.len() {
            let Some(query) = &self.costs.queries[statement] else { continue };
            for at in &pool {
                let candidate = &self.costs.made[*at].candidate;
                let Some(first) = candidate.index.keys.first() else { continue };
                let asks = query.needs.iter().filter(|need| need.table == candidate.table).any(|need| {
                    need.clauses.iter().any(|clause| clause.key == first.text)
                        || need.orders.iter().flatten().any(|order| order.key == first.text)
                        || need.nearest.iter().any(|(key, ..)| *key == first.text)
                });
                if asks && query.reads(candidate.table) {
                    self.costs.relevant[statement].insert(*at);
                }
            }
        }
    }

    /// What the workload saves if these are added; nothing if no statement gains enough.
    fn gain(&mut self, set: &Set, added: &Set) -> Result<f64, OracleError> {
        let mut with = set.clone();
        with.extend(added);
        let (mut gain, mut pays) = (0.0, false);
        for statement in self.costs.served(added) {
            let before = self.costs.of(statement, set)?.cost;
            let after = self.costs.of(statement, &with)?.cost;
            let calls = self.costs.calls(statement);
            gain += calls * (before - after);
            pays |=
                calls > 0.0 && before - after >= self.goal.least_share() * before && before - after > NOTHING;
        }
        let writes: f64 = self.costs.writes(&added.difference(set).copied().collect());
        Ok(if pays { gain - self.goal.write_weight() * writes } else { 0.0 })
    }

    fn grow(&mut self) -> Result<Set, OracleError> {
        let mut set = Set::new();
        // What was gained the last time; more it is seldom.
        let mut bounds: Vec<(f64, Set)> = Vec::new();
        for one in self.tried.clone() {
            let gain = self.gain(&set, &one)?;
            bounds.push((gain, one));
        }
        loop {
            let mut best: Option<(f64, Set)> = None;
            bounds.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            for (bound, one) in &mut bounds {
                if best.as_ref().is_some_and(|(gain, _)| *bound <= *gain) {
                    break;
                }
                let added: Set = one.difference(&set).copied().collect();
                if added.is_empty() || !self.fits(&set, &added) {
                    *bound = 0.0;
                    continue;
                }
                let gain = self.gain(&set, &added)?;
                let worth = if self.goal.within.is_some() {
                    gain / self.costs.bytes(&added).max(8192.0)
                } else {
                    gain
                };
                *bound = worth.max(0.0);
                if worth > 0.0 && best.as_ref().is_none_or(|(best, _)| worth > *best) {
                    best = Some((worth, added));
                }
            }
            let Some((_, added)) = best else { return Ok(set) };
            let added = self.simpler(&set, added)?;
            set.extend(added);
        }
    }

    fn fits(&self, set: &Set, added: &Set) -> bool {
        self.goal.within.is_none_or(|within| self.costs.bytes(set) + self.costs.bytes(added) <= within)
    }

    /// The same with smaller indexes where those do as well.
    fn simpler(&mut self, set: &Set, added: Set) -> Result<Set, OracleError> {
        let mut now = added.clone();
        for at in added {
            let table = self.costs.made[at].candidate.table;
            let pool: Set = self
                .tried
                .iter()
                .flatten()
                .copied()
                .filter(|other| self.costs.made[*other].candidate.table == table)
                .collect();
            let mut best = at;
            for other in pool {
                if set.contains(&other) || now.contains(&other) || !self.is_simpler(other, best) {
                    continue;
                }
                let mut instead = now.clone();
                instead.remove(&best);
                instead.insert(other);
                if self.does_as_well(set, &now, &instead)? {
                    now = instead;
                    best = other;
                }
            }
        }
        Ok(now)
    }

    fn is_simpler(&self, a: usize, b: usize) -> bool {
        let rank = |at: usize| {
            let made = &self.costs.made[at];
            let index = &made.candidate.index;
            let columns = index.keys.len() + index.include.len() + usize::from(index.predicate.is_some());
            let limited = if index.predicate.is_some() { PART } else { 1.0 };
            (made.bytes() * limited * (1.0 + 0.2 * columns as f64) + 1e5 * columns as f64, columns)
        };
        rank(a) < rank(b)
    }

    /// Whether each statement costs as little with the one as with the other.
    fn does_as_well(&mut self, set: &Set, these: &Set, others: &Set) -> Result<bool, OracleError> {
        let union = |more: &Set| set.union(more).copied().collect::<Set>();
        let (with, instead) = (union(these), union(others));
        for statement in self.costs.served(&these.union(others).copied().collect()) {
            let before = self.costs.of(statement, set)?.cost;
            let cost = self.costs.of(statement, &with)?.cost;
            if !as_good(self.costs.of(statement, &instead)?.cost, cost, before) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Without what the others make needless, and with smaller ones where they now do.
    fn shrink(&mut self, mut set: Set) -> Result<Set, OracleError> {
        loop {
            let mut least: Option<(f64, usize)> = None;
            for at in &set {
                let mut less = set.clone();
                less.remove(at);
                let gain = self.gain(&less, &Set::from([*at]))?;
                if gain <= 0.0 && least.is_none_or(|(bytes, _)| self.costs.made[*at].bytes() > bytes) {
                    least = Some((self.costs.made[*at].bytes(), *at));
                }
            }
            match least {
                Some((_, at)) => set.remove(&at),
                None => break,
            };
        }
        for at in set.clone() {
            let mut rest = set.clone();
            rest.remove(&at);
            let now = self.simpler(&rest, Set::from([at]))?;
            set = rest.union(&now).copied().collect();
        }
        Ok(set)
    }

    fn tell(&mut self, set: &Set, advice: &mut Advice) -> Result<(), OracleError> {
        let count = self.costs.queries.len();
        for statement in 0..count {
            let is_planned = self.costs.queries[statement].is_some();
            let before = if is_planned { Some(self.costs.of(statement, &Set::new())?.cost) } else { None };
            let after = if is_planned { Some(self.costs.of(statement, set)?) } else { None };
            advice.before.push(before);
            advice.after.push(after.as_ref().map(|after| after.cost));
            advice.uses.extend(after.into_iter().flat_map(|after| after.there));
        }
        for at in set {
            let mut rest = set.clone();
            rest.remove(at);
            let mut piece = Piece {
                index: self.costs.made[*at].candidate.index.clone(),
                partitions: self.catalogue.parts(self.costs.made[*at].candidate.table),
                bytes: self.costs.made[*at].bytes(),
                before: 0.0,
                after: 0.0,
                writes: self.costs.made[*at].writes,
                ends_hot: self.costs.made[*at].ends_hot,
                serves: Vec::new(),
            };
            for statement in self.costs.served(&Set::from([*at])) {
                let with = self.costs.of(statement, set)?;
                let without = self.costs.of(statement, &rest)?.cost;
                let calls = self.costs.calls(statement);
                piece.before += calls * without;
                piece.after += calls * with.cost;
                if with.used.contains(at) && without - with.cost > NOTHING.min(0.1 * without) {
                    piece.serves.push(Served { statement, before: without, after: with.cost });
                }
            }
            advice.pieces.push(piece);
        }
        advice.pieces.sort_by(|a, b| {
            (b.before - b.after).total_cmp(&(a.before - a.after)).then_with(|| a.index.cmp(&b.index))
        });
        self.reject(set, advice)?;
        advice.plans = self.costs.plans;
        Ok(())
    }

    fn reject(&mut self, set: &Set, advice: &mut Advice) -> Result<(), OracleError> {
        let pool: Set = self.tried.iter().flatten().copied().collect();
        for at in pool.difference(set) {
            let index = self.costs.made[*at].candidate.index.clone();
            let gain = self.gain(set, &Set::from([*at]))?;
            let alone = self.gain(&Set::new(), &Set::from([*at]))?;
            let why = if alone <= 0.0 {
                "alone it saves no statement a tenth, or less than it costs writes"
            } else if gain <= 0.0 {
                "what is advised serves its statements as well"
            } else if self.goal.within.is_some() {
                "there is no room for it"
            } else {
                "a smaller one does nearly as well"
            };
            advice.rejected.push(Rejected { index, why: why.to_owned() });
        }
        Ok(())
    }
}
