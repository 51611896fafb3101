//! The indexes that serve one statement best: what its plan has when all candidates are there, and what does as well
//! with less.

use super::costs::{Costs, Set};
use super::goal::Goal;
use crate::oracle::{Oracle, OracleError};

/// Costs that nobody feels.
pub(super) const NOTHING: f64 = 5.0;
/// A plan that costs no more than so many times another is as good.
const AS_GOOD: f64 = 1.1;
/// So much of what another saves is as good.
const NEARLY_ALL: f64 = 0.995;
/// Single candidates that are kept of each statement.
const SINGLES: usize = 12;

/// Whether a cost is as good as another, from where both began.
pub(super) fn as_good(cost: f64, other: f64, before: f64) -> bool {
    cost <= other * AS_GOOD + NOTHING || before - cost >= NEARLY_ALL * (before - other) && cost <= other * 2.0
}

/// What to try for the workload because of one statement: single indexes, and those that only pay together.
pub(super) fn moves<O: Oracle>(
    costs: &mut Costs<'_, O>,
    statement: usize,
    goal: Goal,
) -> Result<Vec<Set>, OracleError> {
    let before = costs.of(statement, &Set::new())?.cost;
    let all = costs.relevant[statement].clone();
    let best = costs.of(statement, &all)?;
    if !(before - best.cost >= goal.least_share() * before && before - best.cost > NOTHING) {
        return Ok(Vec::new());
    }
    let mut singles = Vec::new();
    for at in &all {
        let cost = costs.of(statement, &Set::from([*at]))?.cost;
        if before - cost >= 0.02 * before {
            singles.push((cost, *at));
        }
    }
    singles.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then_with(|| costs.made[a.1].candidate.index.cmp(&costs.made[b.1].candidate.index))
    });
    let least = singles.first().map_or(f64::INFINITY, |single| single.0);
    let mut found: Vec<Set> = Vec::new();
    for (place, (cost, at)) in singles.iter().enumerate() {
        if place < SINGLES || as_good(*cost, least, before) {
            found.push(Set::from([*at]));
        }
    }
    if best.used.len() > 1 {
        let lean = lean(costs, statement, &best.used, best.cost, before)?;
        if lean.len() > 1 {
            found.push(lean);
        }
    }
    Ok(found)
}

/// The set without what it can do without.
fn lean<O: Oracle>(
    costs: &mut Costs<'_, O>,
    statement: usize,
    set: &Set,
    cost: f64,
    before: f64,
) -> Result<Set, OracleError> {
    let mut lean = set.clone();
    for at in set {
        let mut less = lean.clone();
        less.remove(at);
        if as_good(costs.of(statement, &less)?.cost, cost, before) {
            lean = less;
        }
    }
    Ok(lean)
}
