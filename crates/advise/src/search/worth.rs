//! When one cost is as good as another, and what an index is worth avoiding.

use super::costs::{Costs, Set};
use crate::catalogue::Catalogue;
use crate::index::Method;

/// Costs that nobody feels.
pub(super) const NOTHING: f64 = 8.0;
/// The share of what a statement cost at first that a second index for one of its tables has to save.
pub(super) const ONE_MORE: f64 = 0.2;
/// A plan that costs no more than so many times another is as good.
const AS_GOOD: f64 = 1.15;
/// So much of what another saves is as good, if it costs no more than so many times the other.
const NEARLY_ALL: f64 = 0.995;
const AT_MOST: f64 = 3.0;
/// An index of some rows serves fewer statements to come: for each condition it has to be so many times smaller than
/// one of all rows.
const PART: f64 = 4.0;
/// Each column makes an index by this share dearer, and by so many bytes.
const COLUMN: f64 = 0.2;
const COLUMN_BYTES: f64 = 1e5;
/// Columns that are only carried along serve fewer statements than keys.
const CARRIED: f64 = 1.5;
/// A hash index has neither an order nor ranges, for whatever is asked later: it has to be so many times smaller.
const EQUAL_ONLY: f64 = 1.5;
/// Bytes that one index less is worth, and the share of its table.
const INDEX_BYTES: f64 = 1e6;
const INDEX_SHARE: f64 = 0.02;

/// Whether a cost is as good as another, from where both began.
pub(super) fn as_good(cost: f64, other: f64, before: f64) -> bool {
    cost <= other * AS_GOOD + NOTHING
        || before - cost >= NEARLY_ALL * (before - other) && cost <= other * AT_MOST
}

/// What an index is worth avoiding, in bytes: those of it, and more the more it is made for one statement.
pub(super) fn price<O>(costs: &Costs<'_, O>, catalogue: &Catalogue, at: usize) -> f64 {
    let made = &costs.made[at];
    let index = &made.candidate.index;
    let table = catalogue.tables.get(made.candidate.table).map_or(0.0, |table| table.bytes);
    let columns = index.keys.len() as f64 + CARRIED * index.include.len() as f64 + f64::from(made.conditions);
    let narrow = if index.method == Method::Hash { EQUAL_ONLY } else { 1.0 };
    let limited = narrow * PART.powi(made.conditions);
    let own = made.bytes() * limited * (1.0 + COLUMN * columns) + COLUMN_BYTES * columns;
    own + INDEX_BYTES.min(table) + INDEX_SHARE * table
}

/// The same of a set.
pub(super) fn prices<O>(costs: &Costs<'_, O>, catalogue: &Catalogue, set: &Set) -> f64 {
    set.iter().map(|at| price(costs, catalogue, *at)).sum()
}
