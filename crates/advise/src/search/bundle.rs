//! The indexes that serve one statement best: the simplest ones that do about as well as all candidates together.

use super::costs::{Costs, Set};
use super::goal::Goal;
use super::worth::{NOTHING, ONE_MORE, as_good, price};
use crate::catalogue::Catalogue;
use crate::oracle::{Oracle, OracleError};

/// The share of its cost that a single candidate has to save a statement to be looked at further.
const LEAST: f64 = 0.02;
/// Single candidates that are kept of each statement.
const SINGLES: usize = 12;

/// What to try for the workload because of one statement: the bundle that serves it, and single indexes.
pub(super) fn moves<O: Oracle>(
    costs: &mut Costs<'_, O>,
    catalogue: &Catalogue,
    statement: usize,
    goal: Goal,
) -> Result<Vec<Set>, OracleError> {
    let before = costs.of(statement, &Set::new())?.cost;
    let mut all = costs.relevant[statement].clone();
    let mut best = costs.of(statement, &all)?;
    // A plan that was measured and found too slow: without what it has there is another one.
    while best.cost.is_infinite() && !best.used.is_disjoint(&all) {
        all = all.difference(&best.used).copied().collect();
        best = costs.of(statement, &all)?;
    }
    if !(before - best.cost >= goal.least_share() * before && before - best.cost > NOTHING) {
        return Ok(Vec::new());
    }
    let mut singles = Vec::new();
    for at in &all {
        let cost = costs.of(statement, &Set::from([*at]))?.cost;
        if before - cost >= LEAST * before {
            singles.push((cost, *at));
        }
    }
    let simplest = singles.iter().filter(|(cost, _)| as_good(*cost, best.cost, before));
    let simplest = simplest.map(|(_, at)| (price(costs, catalogue, *at), *at)).min_by(|a, b| {
        let index = |at: usize| &costs.made[at].candidate.index;
        a.0.total_cmp(&b.0).then_with(|| index(a.1).cmp(index(b.1)))
    });
    let bundle = match simplest {
        Some((_, at)) => Set::from([at]),
        None => simple(costs, catalogue, statement, &best.used, best.cost, before)?,
    };
    singles.sort_by(|a, b| {
        let index = |at: usize| &costs.made[at].candidate.index;
        a.0.total_cmp(&b.0).then_with(|| index(a.1).cmp(index(b.1)))
    });
    let least = singles.first().map_or(f64::INFINITY, |single| single.0);
    let mut found = vec![bundle];
    for (place, (cost, at)) in singles.iter().enumerate() {
        if place < SINGLES || as_good(*cost, least, before) {
            found.push(Set::from([*at]));
        }
    }
    Ok(found)
}

/// The set without what it can do without, and with simpler ones where they do.
fn simple<O: Oracle>(
    costs: &mut Costs<'_, O>,
    catalogue: &Catalogue,
    statement: usize,
    set: &Set,
    cost: f64,
    before: f64,
) -> Result<Set, OracleError> {
    let mut now = set.clone();
    let mut dearest: Vec<usize> = set.iter().copied().collect();
    let index = |costs: &Costs<'_, O>, at: usize| costs.made[at].candidate.index.clone();
    dearest.sort_by(|a, b| {
        let order = price(costs, catalogue, *b).total_cmp(&price(costs, catalogue, *a));
        order.then_with(|| index(costs, *a).cmp(&index(costs, *b)))
    });
    for at in &dearest {
        let mut less = now.clone();
        less.remove(at);
        let known = costs.of(statement, &now)?;
        let is_one_more = costs.reads_by_several(statement, &known, &Set::from([*at]));
        let without = costs.of(statement, &less)?.cost;
        if as_good(without, cost, before) || is_one_more && without - known.cost < ONE_MORE * before {
            now = less;
        }
    }
    for at in dearest {
        if !now.contains(&at) {
            continue;
        }
        let (table, own) = (costs.made[at].candidate.table, price(costs, catalogue, at));
        let mut others: Vec<usize> = costs.relevant[statement]
            .iter()
            .copied()
            .filter(|other| costs.made[*other].candidate.table == table && !now.contains(other))
            .filter(|other| price(costs, catalogue, *other) < own)
            .collect();
        others.sort_by(|a, b| {
            let order = price(costs, catalogue, *a).total_cmp(&price(costs, catalogue, *b));
            order.then_with(|| index(costs, *a).cmp(&index(costs, *b)))
        });
        for other in others {
            let mut instead = now.clone();
            instead.remove(&at);
            instead.insert(other);
            if as_good(costs.of(statement, &instead)?.cost, cost, before) {
                now = instead;
                break;
            }
        }
    }
    Ok(now)
}
