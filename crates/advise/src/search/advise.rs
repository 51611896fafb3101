//! From a workload to advice: what is asked, which candidates there are, which of them pay together.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::moves;
use super::costs::{Costs, Made, Set};
use super::goal::Goal;
use super::query::Query;
use super::signatures::has_signatures;
use super::sizes::predict;
use super::worth::{NOTHING, ONE_MORE};
use super::writes::{Burden, Writing};
use crate::advice::{Advice, Rejected, Unplanned, Why};
use crate::binding::{Columns, bind};
use crate::candidate::{Candidate, Candidates, candidates};
use crate::catalogue::Catalogue;
use crate::index::{Index, Method};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::{Condition, Test};
use crate::verify::Lesson;
use crate::workload::{Asked, Workload};
use loadline_pg::portrait::Portrait;

/// How often room that was made by settling is filled again.
const ROUNDS: usize = 4;
/// The share of the whole workload's cost that an index has to save.
const LEAST_OF_ALL: f64 = 2e-5;

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
    let (mut queries, mut wanted) = (Vec::new(), BTreeMap::<Index, Candidate>::new());
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
            let Candidates { tried: mut all, mut cut } = candidates(&query.needs, &catalogue, oracle)?;
            for (text, _) in &query.parts[query.bindings..] {
                if let Ok(plan) = oracle.plan(text) {
                    let more = candidates(&crate::predicate::needs(&plan, &catalogue), &catalogue, oracle)?;
                    all.extend(more.tried);
                    cut.add(more.cut);
                }
            }
            if !cut.is_nothing() {
                advice.cut.insert(statement, cut);
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
    let lessons = |asked: &Asked| -> Vec<Lesson> {
        workload.lessons.iter().filter(|lesson| lesson.statement == asked.text).cloned().collect()
    };
    let lessons = workload.statements.iter().map(lessons).collect();
    let costs = Costs::new(oracle, queries, advice.plans, &catalogue, lessons);
    let mut search = Search {
        portrait,
        catalogue,
        writing,
        costs,
        goal,
        least: 0.0,
        places: BTreeMap::new(),
        tried: BTreeSet::new(),
    };
    for candidate in wanted.into_values() {
        let index = candidate.index.clone();
        if let Err(why) = search.add(candidate)? {
            advice.rejected.push(Rejected { index, why: Why::Refused(why) });
        }
    }
    for (statement, mine) in by_statement.iter().enumerate() {
        let places = mine.iter().filter_map(|index| search.places.get(index)).copied();
        search.costs.relevant[statement] = places.collect();
    }
    search.least = LEAST_OF_ALL * search.total(&Set::new())?;
    for statement in 0..workload.statements.len() {
        if search.costs.queries[statement].is_some() {
            let found = moves(&mut search.costs, &search.catalogue, statement, goal)?;
            search.tried.extend(found);
        }
    }
    search.share();
    let mut set = search.grow(Set::new())?;
    for _ in 0..ROUNDS {
        let settled = search.settle(set.clone())?;
        if goal.within.is_none() {
            set = settled;
            break;
        }
        let grown = search.grow(settled)?;
        let swapped = search.swap(grown)?;
        if swapped == set {
            break;
        }
        set = swapped;
    }
    let set = search.without_doubles(&set);
    let set = search.without_useless(set)?;
    search.tell(&set, &mut advice)?;
    Ok(advice)
}

/// A search that goes on.
pub(super) struct Search<'o, O> {
    portrait: &'o Portrait,
    pub(super) catalogue: Catalogue,
    writing: Writing,
    pub(super) costs: Costs<'o, O>,
    pub(super) goal: Goal,
    /// What an index has to save of the whole workload.
    pub(super) least: f64,
    /// Where each candidate is among those that were made.
    places: BTreeMap<Index, usize>,
    /// What is tried: sets of which most have one index.
    pub(super) tried: BTreeSet<Set>,
}

impl<O: Oracle> Search<'_, O> {
    /// Makes a candidate for the planner to see; or PostgreSQL's words if it refuses.
    fn add(&mut self, candidate: Candidate) -> Result<Result<usize, String>, OracleError> {
        if let Some(at) = self.places.get(&candidate.index) {
            return Ok(Ok(*at));
        }
        let table = &self.catalogue.tables[candidate.table];
        let size = predict(self.portrait, &self.catalogue, &candidate);
        let has_signatures = has_signatures(&candidate.index, table);
        let conditions = candidate.index.predicate.as_deref().map_or(0, |predicate| {
            Condition::parse(predicate).conjuncts().len().try_into().unwrap_or(i32::MAX)
        });
        match self.costs.oracle.make(&candidate.index, size) {
            Ok(number) => {
                let Burden { cost: writes, ends_hot } = self.writing.burden(&candidate);
                let index = candidate.index.clone();
                let made = Made { candidate, number, size, writes, ends_hot, conditions, has_signatures };
                let at = self.costs.add(made);
                self.places.insert(index, at);
                Ok(Ok(at))
            }
            Err(OracleError::Refused(why)) => Ok(Err(why)),
            Err(gone) => Err(gone),
        }
    }

    /// Makes an index that could do the work of two others; it may matter wherever they do.
    pub(super) fn make(&mut self, index: Index, a: usize, b: usize) -> Result<Option<usize>, OracleError> {
        let candidate = Candidate { index, ..self.costs.made[a].candidate.clone() };
        let Ok(at) = self.add(candidate)? else { return Ok(None) };
        for relevant in &mut self.costs.relevant {
            if relevant.contains(&a) || relevant.contains(&b) {
                relevant.insert(at);
            }
        }
        Ok(Some(at))
    }

    /// A candidate of one statement can serve others that ask for its first key.
    fn share(&mut self) {
        let pool: Set = self.tried.iter().flatten().copied().collect();
        for statement in 0..self.costs.queries.len() {
            let Some(query) = &self.costs.queries[statement] else { continue };
            for at in &pool {
                let candidate = &self.costs.made[*at].candidate;
                let Some(first) = candidate.index.keys.first() else { continue };
                // Signatures and trigrams answer equality too, and planners think them as good as a tree for it.
                let is_plain = matches!(candidate.index.method, Method::Btree | Method::Hash | Method::Brin);
                let is_for = |test: &Test| is_plain || matches!(test, Test::Other(_) | Test::Prefix);
                let asks = query.needs.iter().filter(|need| need.table == candidate.table).any(|need| {
                    need.clauses.iter().any(|clause| clause.key == first.text && is_for(&clause.test))
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
    pub(super) fn gain(&mut self, set: &Set, added: &Set) -> Result<f64, OracleError> {
        let mut with = set.clone();
        with.extend(added);
        let (mut gain, mut pays) = (0.0, false);
        for statement in self.costs.served(added) {
            let before = self.costs.of(statement, set)?.cost;
            let known = self.costs.of(statement, &with)?;
            let saved = before - known.cost;
            let calls = self.costs.calls(statement);
            gain += calls * saved;
            let is_one_more = self.costs.reads_by_several(statement, &known, added);
            let of = if is_one_more { self.costs.of(statement, &Set::new())?.cost } else { before };
            let share = if is_one_more { ONE_MORE } else { self.goal.least_share() };
            pays |= calls > 0.0 && saved >= share * of && saved > NOTHING;
        }
        let writes: f64 = self.costs.writes(&added.difference(set).copied().collect());
        gain -= self.goal.write_weight() * writes;
        Ok(if pays && gain > self.least { gain } else { 0.0 })
    }
}
