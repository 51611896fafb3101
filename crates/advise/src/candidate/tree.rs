//! B-trees: equal keys first, then an order or a range, then what is only read.

use std::collections::BTreeSet;

use crate::catalogue::Table;
use crate::index::{Index, Key};
use crate::predicate::{Clause, Need, Order, Test};

/// Keys that are put together.
const MOST_EQUAL: usize = 4;
/// Columns that an index carries along.
const MOST_READ: usize = 4;
/// Bytes that they may have.
const WIDEST_READ: f64 = 48.0;

/// The trees for one need, and how many of the keys that are equal to something are in none of them.
pub(super) fn trees(need: &Need, table: &Table) -> (Vec<Index>, usize) {
    let distinct =
        |clause: &&Clause| table.column(&clause.key).map_or(table.rows / 10.0, |column| column.distinct);
    let mut equal: Vec<&Clause> = need.clauses.iter().filter(|clause| is_equal(clause)).collect();
    equal.sort_by(|a, b| distinct(b).total_cmp(&distinct(a)).then_with(|| a.cmp(b)));
    let mut keys: Vec<Key> = Vec::new();
    let mut joins = BTreeSet::new();
    for clause in &equal {
        let key = key(clause);
        if clause.is_join || matches!(clause.test, Test::Listed) {
            joins.insert(key.clone());
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let left_out = keys.len().saturating_sub(MOST_EQUAL + 2);
    keys.truncate(MOST_EQUAL + 2);
    let mut ranges: Vec<Key> = Vec::new();
    for clause in &need.clauses {
        let range = match clause.test {
            Test::Range => key(clause),
            Test::Prefix => key(clause).with_class(Some(pattern_class(clause, table))),
            Test::Other(ref operator) if matches!(operator.as_str(), "<<" | "<<=") => key(clause),
            _ => continue,
        };
        if !ranges.contains(&range) && is_sortable(&range, table) {
            ranges.push(range);
        }
    }
    let keys: Vec<Key> = keys.into_iter().filter(|key| is_sortable(key, table)).collect();
    let orders: Vec<Vec<Key>> = need.orders.iter().map(|order| in_order(order)).collect();

    let mut starts: Vec<Vec<Key>> = keys.iter().map(|key| vec![key.clone()]).collect();
    if keys.len() > 2 {
        starts.push(keys.iter().take(MOST_EQUAL).cloned().collect());
    }
    for a in 0..keys.len() {
        for b in 0..keys.len() {
            let is_first = a < b || joins.contains(&keys[a]) != joins.contains(&keys[b]);
            if a != b && is_first {
                starts.push(vec![keys[a].clone(), keys[b].clone()]);
            }
        }
    }
    let mut all: Vec<Vec<Key>> = starts.clone();
    for start in std::iter::once(&Vec::new()).chain(&starts) {
        for end in ranges.iter().map(std::slice::from_ref).chain(orders.iter().map(Vec::as_slice)) {
            let mut whole = start.clone();
            whole.extend(end.iter().filter(|key| !start.iter().any(|there| there.text == key.text)).cloned());
            if whole.len() > start.len() {
                all.push(whole);
            }
        }
        // An order of which a range is the first key needs no more; an order before a range skips nothing.
        if let (Some(order), Some(range)) = (orders.first(), ranges.first())
            && start.is_empty()
            && !order.contains(range)
        {
            all.push(order.iter().chain([range]).cloned().collect());
        }
    }
    let mut found: Vec<Index> = Vec::new();
    for keys in all {
        let index = Index::tree(&table.schema, &table.name, keys);
        if let Some(wide) = covering(&index, need, table) {
            found.push(wide);
        }
        found.push(index);
    }
    (found, left_out)
}

fn is_equal(clause: &Clause) -> bool {
    matches!(clause.test, Test::Equal | Test::Listed | Test::Null(_) | Test::Truth(_))
}

pub(super) fn key(clause: &Clause) -> Key {
    if clause.is_expression { Key::expression(&clause.key) } else { Key::column(&clause.key) }
}

fn pattern_class(clause: &Clause, table: &Table) -> String {
    let of = table.column(&clause.key).map_or("text", |column| column.of.as_str());
    match of {
        "character varying" => "varchar_pattern_ops",
        "character" => "bpchar_pattern_ops",
        _ => "text_pattern_ops",
    }
    .to_owned()
}

/// Types that have no order; of others PostgreSQL says so itself.
fn is_sortable(key: &Key, table: &Table) -> bool {
    let unsorted = [
        "point",
        "box",
        "polygon",
        "path",
        "circle",
        "line",
        "lseg",
        "json",
        "xml",
        "geometry",
        "geography",
        "tsvector",
        "jsonb",
    ];
    key.is_expression || table.column(&key.text).is_none_or(|column| !unsorted.contains(&column.of.as_str()))
}

/// Keys in this order; the other way round is the same, as a tree is read in both directions.
pub(super) fn in_order(order: &[Order]) -> Vec<Key> {
    let turn = order.first().is_some_and(|first| first.descending)
        && (order.len() == 1 || order.iter().all(|one| one.descending));
    let one = |one: &Order| {
        let (descending, nulls_first) =
            if turn { (!one.descending, !one.nulls_first) } else { (one.descending, one.nulls_first) };
        let mut key = if one.is_expression { Key::expression(&one.key) } else { Key::column(&one.key) };
        key.descending = descending;
        key.nulls_first = (nulls_first != descending).then_some(nulls_first);
        key
    };
    order.iter().map(one).collect()
}

/// The same with all that is read, so that the table is not looked at.
fn covering(index: &Index, need: &Need, table: &Table) -> Option<Index> {
    if index.keys.iter().any(|key| key.is_expression) || need.columns.len() >= table.columns.len() {
        return None;
    }
    let rest: Vec<String> = need
        .columns
        .iter()
        .filter(|column| !index.keys.iter().any(|key| key.text == **column))
        .cloned()
        .collect();
    let width: f64 = rest.iter().filter_map(|name| table.column(name)).map(|column| column.width).sum();
    if rest.is_empty() || rest.len() > MOST_READ || width > WIDEST_READ {
        return None;
    }
    Some(Index { include: rest, ..index.clone() })
}
