//! What an index costs whoever writes, in the planner's units.
//!
//! Every inserted row gets an entry, and so does every updated one, unless the update is done in place (heap-only): it
//! changes no column of any index, and there is room on the page. An index on a column that updates change ends that,
//! and from then on such an update writes an entry of every index of the table, not just of the new one.

use std::collections::{BTreeSet, HashMap};

use loadline_pg::portrait::{Portrait, Use};

use super::changed::changed;
use super::query::Query;
use crate::candidate::Candidate;
use crate::catalogue::{Catalogue, Existing};
use crate::index::Method;
use crate::workload::Origin;

/// Microseconds of one unit of the planner's cost, as a page in memory takes them.
const UNIT_US: f64 = 10.0;
/// Microseconds of an update that is no longer in place, besides its entries: another place for the row, more of a log,
/// and what is dead to be cleared away later. Measured with pgbench's updates (`bench/advisors`).
const MOVED_US: f64 = 20.0;
/// From this version on summaries of pages do not keep updates from being done in place.
const SUMMARIES_IN_PLACE: u32 = 16;

/// Microseconds that an inserted row takes in one index of this class: measured against a B-tree of whole numbers in
/// the same run (`bench/index-writes`), which takes 3.3.
fn per_row_us(method: Method, class: &str) -> f64 {
    let class = class.rsplit('.').next().unwrap_or(class);
    match (method, class) {
        (Method::Btree, _) => 3.3,
        (Method::Hash, _) => 2.5,
        (Method::Brin, _) => 0.3,
        (Method::Gin, "jsonb_path_ops") => 1.7,
        (Method::Gin, "gin_trgm_ops") => 32.0,
        // Default classes: arrays 3.3, texts 7.5, documents 8.
        (Method::Gin, _) => 6.0,
        (Method::Gist, "gist_trgm_ops") => 42.0,
        (Method::Gist, _) => 11.6,
        (Method::Spgist, _) => 6.5,
    }
}

/// What an index costs writes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Burden {
    /// The cost of all writes of the workload.
    pub(super) cost: f64,
    /// The share of the table's updates that it keeps from being done in place.
    pub(super) ends_hot: f64,
}

/// What is written, by table.
#[derive(Debug, Default)]
pub(super) struct Writing {
    tables: HashMap<usize, Table>,
    major: u32,
}

#[derive(Debug, Default)]
struct Table {
    inserted: f64,
    updated: f64,
    /// Updates whose columns are in no index that is there: the columns, the rows.
    apart: Vec<(BTreeSet<String>, f64)>,
    /// Updates that write all indexes as it is.
    moving: f64,
    /// Microseconds of an entry in each index that is there.
    entries_us: f64,
}

impl Writing {
    /// What the workload's statements write. What the server counted besides (by `COPY`, triggers, statements that are
    /// not here) is added where it is known for how long both were counted.
    pub(super) fn of(
        portrait: &Portrait,
        origin: Origin,
        queries: &[Option<Query>],
        catalogue: &Catalogue,
    ) -> Self {
        let mut writing = Self { tables: HashMap::new(), major: portrait.server.major() };
        for query in queries.iter().flatten() {
            let Some((table, operation, rows)) = &query.writes else { continue };
            let rows = rows * query.calls;
            let known = writing.tables.entry(*table).or_default();
            let changed = changed(&query.parts[0].0);
            if matches!(operation.as_str(), "Insert" | "Merge") {
                known.inserted += rows;
            } else if operation == "Update" {
                known.updated += rows;
                let mut there = catalogue.tables[*table].indexes.iter();
                let major = writing.major;
                if there.any(|index| !is_summary(&index.method, major) && has_any(index, &changed)) {
                    known.moving += rows;
                } else {
                    known.apart.push((changed, rows));
                }
            }
        }
        let times = window(portrait, origin);
        for place in 0..catalogue.tables.len() {
            let Some(counted) = counted(portrait, catalogue, place) else { continue };
            if times.is_none() && !writing.tables.contains_key(&place) {
                continue;
            }
            let known = writing.tables.entry(place).or_default();
            if let Some(times) = times {
                known.inserted = known.inserted.max(counted.inserted as f64 * times);
                let more = (counted.updated as f64 * times - known.updated).max(0.0);
                known.updated += more;
            }
            if counted.updated > 0 {
                let moved = 1.0 - counted.updated_in_place as f64 / counted.updated as f64;
                known.moving = known.moving.max(moved.clamp(0.0, 1.0) * known.updated);
            }
        }
        for (place, known) in &mut writing.tables {
            known.entries_us = catalogue.tables[*place].indexes.iter().map(entry_us).sum();
        }
        writing
    }

    /// What one more index costs.
    pub(super) fn burden(&self, candidate: &Candidate) -> Burden {
        let Some(table) = self.tables.get(&candidate.table) else { return Burden::default() };
        let index = &candidate.index;
        let is_summary = is_summary(index.method.name(), self.major);
        let names =
            index.keys.iter().map(|key| key.text.as_str()).chain(index.include.iter().map(String::as_str));
        let words: BTreeSet<String> = names.chain(index.predicate.as_deref()).flat_map(words).collect();
        let touching = table.apart.iter().filter(|(changed, _)| !changed.is_disjoint(&words));
        // A sum of nothing is -0.
        let touched: f64 = touching.map(|(_, rows)| rows).fold(0.0, |sum, rows| sum + rows);
        // What is not in place already cannot be ended.
        let touched = touched.min((table.updated - table.moving).max(0.0));
        let ended = if is_summary { 0.0 } else { touched };
        let class = index.keys.first().and_then(|key| key.class.as_deref()).unwrap_or_default();
        let entries = (table.inserted + table.moving + touched) * candidate.share;
        let us = entries * per_row_us(index.method, class) + ended * (table.entries_us + MOVED_US);
        let ends_hot = if table.updated > 0.0 { ended / table.updated } else { 0.0 };
        Burden { cost: us / UNIT_US, ends_hot }
    }
}

/// Whether an index is a summary that does not keep updates from being done in place; it is written all the same for
/// each that changes one of its columns.
fn is_summary(method: &str, major: u32) -> bool {
    method == Method::Brin.name() && major >= SUMMARIES_IN_PLACE
}

/// The workload's time as a share of that in which the server counted rows, if both are known.
fn window(portrait: &Portrait, origin: Origin) -> Option<f64> {
    let Origin::Server(Some(seconds)) = origin else { return None };
    let counted = (portrait.made_ms - portrait.usage.as_ref()?.since_ms?) as f64 / 1e3;
    (counted > 0.0).then(|| (seconds / counted).min(1.0))
}

/// What the server counted of a table and its partitions.
fn counted(portrait: &Portrait, catalogue: &Catalogue, place: usize) -> Option<Use> {
    let usage = portrait.usage.as_ref()?;
    let mut sum = Use::default();
    for (at, table) in catalogue.tables.iter().enumerate() {
        if at != place && table.root != Some(place) {
            continue;
        }
        let of = (table.schema.as_str(), table.name.as_str());
        let found =
            portrait.relations.binary_search_by(|one| (one.schema.as_str(), one.name.as_str()).cmp(&of));
        if let Some(one) = found.ok().and_then(|at| usage.of.get(at)) {
            sum.inserted += one.inserted;
            sum.updated += one.updated;
            sum.updated_in_place += one.updated_in_place;
        }
    }
    Some(sum)
}

fn entry_us(index: &Existing) -> f64 {
    let class = index.keys.first().and_then(|key| key.split(' ').nth(1)).unwrap_or_default();
    Method::of(&index.method).map_or(0.0, |method| per_row_us(method, class))
}

fn has_any(index: &Existing, changed: &BTreeSet<String>) -> bool {
    let parts = index.keys.iter().chain(&index.include).chain(&index.predicate);
    parts.flat_map(|part| words(part)).any(|word| changed.contains(&word))
}

/// The names in a key or a condition.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty()).flat_map(|word| [word.to_owned(), word.to_lowercase()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::index::{Index, Key};
    use loadline_pg::portrait::{Relation, Usage};

    fn index(keys: &[&str]) -> Existing {
        Existing {
            method: "btree".to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            is_valid: true,
            ..Existing::default()
        }
    }

    fn candidate(method: Method, column: &str, class: Option<&str>) -> Candidate {
        let key = Key::column(column).with_class(class.map(str::to_owned));
        Candidate { index: Index::of("public", "t", method, vec![key]), table: 0, share: 1.0 }
    }

    fn query(text: &str, operation: &str, calls: f64) -> Query {
        Query {
            parts: vec![(text.to_owned(), 1.0)],
            calls,
            writes: Some((0, operation.to_owned(), 1.0)),
            ..Query::default()
        }
    }

    fn portrait(used: Use) -> Portrait {
        let mut portrait = Portrait::default();
        portrait.server.version_number = 150_018;
        portrait.made_ms = 1_000_000;
        portrait.relations.push(Relation {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            kind: 'r',
            table: None,
            pages: 0,
            tuples: 0.0,
            all_visible: 0,
            all_frozen: 0,
            bytes: 0,
            scans: 0,
            writes: 0,
            index: None,
        });
        portrait.usage = Some(Usage { since_ms: Some(0), of: vec![used], ..Usage::default() });
        portrait
    }

    fn catalogue() -> Catalogue {
        let table = catalogue::Table {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            indexes: vec![index(&["id"]), index(&["placed"])],
            ..catalogue::Table::default()
        };
        Catalogue { tables: vec![table], ..Catalogue::default() }
    }

    #[test]
    fn an_index_on_what_updates_change_ends_updates_in_place() {
        let queries = [
            query("UPDATE t SET status = $1 WHERE id = $2", "Update", 300.0).into(),
            query("UPDATE t SET placed = $1 WHERE id = $2", "Update", 100.0).into(),
        ];
        let used = Use { updated: 1000, updated_in_place: 700, ..Use::default() };
        let writing = Writing::of(&portrait(used), Origin::Chosen, &queries, &catalogue());
        let (status, other) = (
            writing.burden(&candidate(Method::Btree, "status", None)),
            writing.burden(&candidate(Method::Btree, "note", None)),
        );
        // Of 400 updates 120 move as it is, so no more than 280 can be ended.
        assert!((status.ends_hot - 0.7).abs() < 1e-9, "{status:?}");
        assert!(other.ends_hot < 1e-9, "{other:?}");
        // A new entry of each update that moves, and of the two that are there as well of those that now do.
        assert!((status.cost - (400.0 * 3.3 + 280.0 * (6.6 + 20.0)) / 10.0).abs() < 1e-6, "{status:?}");
        assert!((other.cost - 120.0 * 3.3 / 10.0).abs() < 1e-6, "{other:?}");
        assert!(writing.burden(&candidate(Method::Brin, "status", None)).ends_hot > 0.6);
        let mut newer = portrait(Use { updated: 1000, updated_in_place: 700, ..Use::default() });
        newer.server.version_number = 160_003;
        let writing = Writing::of(&newer, Origin::Chosen, &queries, &catalogue());
        let summary = writing.burden(&candidate(Method::Brin, "status", None));
        assert!(summary.ends_hot < 1e-9, "{summary:?}");
        // It is written for what moves and for what changes its column in place, and no other index is.
        assert!((summary.cost - 400.0 * 0.3 / 10.0).abs() < 1e-6, "{summary:?}");
    }

    #[test]
    fn a_summary_that_is_there_moves_updates_in_old_versions_only() {
        let queries = [query("UPDATE t SET status = $1 WHERE id = $2", "Update", 100.0).into()];
        let mut catalogue = catalogue();
        let summary = Existing { method: "brin".to_owned(), ..index(&["status"]) };
        catalogue.tables[0].indexes = vec![summary];
        let ended = |version| {
            let mut portrait = portrait(Use { updated: 100, updated_in_place: 100, ..Use::default() });
            portrait.server.version_number = version;
            let writing = Writing::of(&portrait, Origin::Chosen, &queries, &catalogue);
            writing.burden(&candidate(Method::Btree, "status", None)).ends_hot
        };
        // On 15 they all move because of it already, and nothing is left to be ended.
        assert!(ended(150_018) < 1e-9 && (ended(160_003) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_server_counted_besides_is_written_too() {
        let used = Use { inserted: 5_000, ..Use::default() };
        let cost = |origin| {
            let writing = Writing::of(&portrait(used.clone()), origin, &[], &catalogue());
            writing.burden(&candidate(Method::Btree, "status", None)).cost
        };
        // A tenth of the time in which the server counted.
        assert!((cost(Origin::Server(Some(100.0))) - 500.0 * 3.3 / 10.0).abs() < 1e-6);
        assert!(cost(Origin::Server(None)).abs() < 1e-9 && cost(Origin::Chosen).abs() < 1e-9);
    }

    #[test]
    fn classes_of_one_method_cost_differently() {
        let queries = [query("INSERT INTO t VALUES ($1)", "Insert", 10.0).into()];
        let writing = Writing::of(&portrait(Use::default()), Origin::Chosen, &queries, &catalogue());
        let cost = |class| writing.burden(&candidate(Method::Gin, "doc", Some(class))).cost;
        assert!(cost("gin_trgm_ops") > 10.0 * cost("jsonb_path_ops"));
        assert!((cost("public.gin_trgm_ops") - cost("gin_trgm_ops")).abs() < 1e-9);
    }
}
