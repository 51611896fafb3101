//! What an index costs the workload's writes, in the planner's units.

use super::query::Query;
use crate::candidate::Candidate;
use crate::index::Method;

/// Microseconds of one unit of the planner's cost, as a page in memory takes them.
const UNIT_US: f64 = 10.0;

/// Microseconds that an inserted row takes in one index.
fn per_row_us(method: Method) -> f64 {
    match method {
        Method::Btree | Method::Hash => 3.3,
        Method::Brin => 0.3,
        Method::Gin => 20.0,
        Method::Gist | Method::Spgist => 11.6,
    }
}

/// What one more index costs the writes of the workload.
pub(super) fn cost(candidate: &Candidate, queries: &[Option<Query>]) -> f64 {
    let rows: f64 = queries
        .iter()
        .flatten()
        .filter_map(|query| {
            let (table, operation, rows) = query.writes.as_ref()?;
            let touches = *table == candidate.table
                && match operation.as_str() {
                    "Insert" | "Merge" => true,
                    "Update" => is_changed(candidate, &query.parts[0].0),
                    _ => false,
                };
            touches.then_some(rows * query.calls)
        })
        .sum();
    rows * candidate.share * per_row_us(candidate.index.method) / UNIT_US
}

/// Whether an update changes what the index has, as far as its text tells.
fn is_changed(candidate: &Candidate, text: &str) -> bool {
    let text = text.to_lowercase();
    let Some(at) = text.find(" set ") else { return false };
    let set = &text[at..];
    let set = &set[..set.find(" where ").unwrap_or(set.len())];
    let index = &candidate.index;
    let columns =
        index.keys.iter().map(|key| key.text.as_str()).chain(index.include.iter().map(String::as_str));
    columns.chain(index.predicate.as_deref()).any(|key| {
        let words = key.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        words.filter(|word| !word.is_empty()).any(|word| set.contains(&format!("{} =", word.to_lowercase())))
    })
}
