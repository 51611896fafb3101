//! Tables of which the planner knows what they were, and not what they are.

use loadline_pg::portrait::Portrait;

/// The share of the rows that may change before statistics are old: autovacuum looks again after a tenth.
const CHANGED: f64 = 0.2;
/// Rows below which it makes no difference.
const FEW: f64 = 1_000.0;

/// A table whose statistics are old, or that has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Stale {
    /// The table, quoted where it must be, with its schema.
    pub table: String,
    /// Rows changed since its last `ANALYZE`.
    pub changed: i64,
    /// Rows that were there then; nothing if it was never analyzed.
    pub rows: Option<f64>,
    /// The statement that looks again.
    pub statement: String,
}

/// Tables that should be analyzed, those with most changes first.
pub fn stale(portrait: &Portrait) -> Vec<Stale> {
    let Some(usage) = &portrait.usage else { return Vec::new() };
    let mut found: Vec<Stale> = portrait
        .relations
        .iter()
        .zip(&usage.of)
        .filter(|(relation, _)| matches!(relation.kind, 'r' | 'm'))
        .filter_map(|(relation, of)| {
            let rows = (relation.tuples >= 0.0).then_some(f64::from(relation.tuples));
            let changed = of.changed_since_analyze as f64;
            let is_old = changed >= FEW && rows.is_none_or(|rows| changed >= CHANGED * rows);
            let quoted =
                crate::index::Index::tree(&relation.schema, &relation.name, Vec::new()).quoted_table();
            is_old.then(|| Stale {
                statement: format!("ANALYZE {quoted}"),
                table: quoted,
                changed: of.changed_since_analyze,
                rows,
            })
        })
        .collect();
    found.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.table.cmp(&b.table)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadline_pg::portrait::{Relation, Usage, Use};

    #[test]
    fn what_changed_by_a_fifth_is_old() {
        let table = |name: &str, tuples| Relation {
            schema: "public".to_owned(),
            name: name.to_owned(),
            kind: 'r',
            table: None,
            pages: 0,
            tuples,
            all_visible: 0,
            all_frozen: 0,
            bytes: 0,
            scans: 0,
            writes: 0,
            index: None,
        };
        let of = |changed| Use { changed_since_analyze: changed, ..Use::default() };
        let portrait = Portrait {
            relations: vec![table("New", -1.0), table("old", 1e4), table("small", 100.0), table("well", 1e5)],
            usage: Some(Usage { of: vec![of(5_000), of(2_000), of(90), of(2_000)], ..Usage::default() }),
            ..Portrait::default()
        };
        let found: Vec<(String, Option<f64>)> =
            stale(&portrait).into_iter().map(|one| (one.statement, one.rows)).collect();
        assert_eq!(
            found,
            [("ANALYZE public.\"New\"".to_owned(), None), ("ANALYZE public.old".to_owned(), Some(1e4))]
        );
    }
}
