//! The height of B-trees, from the planner's own mouth.
//!
//! Looking into an index takes a superuser and an extension, but the planner says it to everybody: a scan costs fifty
//! operators for each level before it begins (`btcostestimate`, `DEFAULT_PAGE_CPU_MULTIPLIER`), and a comparison for
//! each halving of the rows. With an operator at 1 and all else at nothing, the height is the cost of beginning over
//! 50, less one. The order of an index's keys makes the planner take it: with sorting and whole scans forbidden, there
//! is nothing else. What cannot be asked is reckoned from the size.

use std::collections::HashMap;

use serde_json::Value;

use super::reading::{Reading, Refusal, number, text};
use super::relations::Relations;
use crate::portrait::Relation;

/// What a level costs.
const LEVEL: f64 = 50.0;
/// Indexes asked for at once.
const AT_ONCE: usize = 50;
/// Entries of an inner page, of keys of middling width; a reckoned height is hardly ever wrong by more than one.
const FAN_OUT: f64 = 200.0;

/// A page is worth just enough to prefer the smaller of two indexes.
const PRICES: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; \
     SET LOCAL enable_incremental_sort = off; SET LOCAL cpu_operator_cost = 1; SET LOCAL cpu_tuple_cost = 0; \
     SET LOCAL cpu_index_tuple_cost = 0; SET LOCAL seq_page_cost = 0; SET LOCAL random_page_cost = 0.000001";

/// A statement for each B-tree that has more than a page of entries: its keys in its order.
const ORDERS: &str = "\
SELECT i.indexrelid, format('SELECT 1 FROM ONLY %I.%I%s ORDER BY %s', n.nspname, t.relname,
       coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid), ''), k.keys)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT string_agg(format('%s%s%s NULLS %s', pg_get_indexdef(i.indexrelid, p.place::int, false),
               CASE WHEN i.indcollation[p.place - 1] <> 0 THEN ' COLLATE ' || i.indcollation[p.place - 1]::regcollation END,
               coalesce(' USING OPERATOR(' || format('%I.%s', on_.nspname, o.oprname) || ')', ' ASC'),
               CASE WHEN i.indoption[p.place - 1] & 2 = 2 THEN 'FIRST' ELSE 'LAST' END), ', ' ORDER BY p.place) AS keys
    FROM generate_series(1, i.indnkeyatts) AS p(place)
    LEFT JOIN pg_opclass oc ON oc.oid = i.indclass[p.place - 1]
    LEFT JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype
        AND ao.amoprighttype = oc.opcintype
        AND ao.amopstrategy = CASE WHEN i.indoption[p.place - 1] & 1 = 1 THEN 5 ELSE 1 END
    LEFT JOIN pg_operator o ON o.oid = ao.amopopr LEFT JOIN pg_namespace on_ ON on_.oid = o.oprnamespace
) AS k
WHERE m.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND c.relpersistence <> 't'
  AND NOT row_security_active(t.oid) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY i.indexrelid";

pub(super) async fn heights(
    reading: &Reading<'_>,
    relations: &mut Relations,
    page_bytes: u32,
) -> Result<(), Refusal> {
    let mut asked = Vec::new();
    for row in reading.rows(ORDERS).await? {
        let Some(place) = relations.places.get(&number(&row, 0)) else { continue };
        let relation = &relations.all[*place as usize];
        // A first page and a root: nothing to ask.
        if relation.bytes > 2 * u64::from(page_bytes) {
            asked.push((*place, format!("EXPLAIN (FORMAT JSON) {}", text(&row, 1))));
        }
    }
    let mut said: HashMap<(u32, String), u32> = HashMap::new();
    reading.batch(&format!("SAVEPOINT prices; {PRICES}")).await?;
    for some in asked.chunks(AT_ONCE) {
        let all: Vec<&str> = some.iter().map(|(_, statement)| statement.as_str()).collect();
        let answers = reading.each(&all).await?;
        for ((place, _), rows) in some.iter().zip(answers) {
            let table = relations.all[*place as usize].table.unwrap_or_default();
            let plan: String = rows.iter().map(|row| text(row, 0) + "\n").collect();
            if let Some((index, height)) = height(&plan) {
                said.insert((table, index), height);
            }
        }
    }
    reading.batch("ROLLBACK TO SAVEPOINT prices; RELEASE SAVEPOINT prices").await?;
    for relation in &mut relations.all {
        let known = relation.table.and_then(|table| said.get(&(table, relation.name.clone())).copied());
        note(relation, known, page_bytes);
    }
    Ok(())
}

fn note(relation: &mut Relation, known: Option<u32>, page_bytes: u32) {
    let pages = relation.bytes / u64::from(page_bytes.max(1));
    let is_stored = relation.kind == 'i';
    let Some(index) = relation.index.as_mut().filter(|index| index.method == "btree" && is_stored) else {
        return;
    };
    index.height_is_known = known.is_some() || pages <= 2;
    index.height = known.unwrap_or_else(|| reckoned(pages));
}

/// Levels above the leaves, of so many pages.
fn reckoned(pages: u64) -> u32 {
    let leaves = pages.saturating_sub(1).max(1) as f64;
    (leaves.ln() / FAN_OUT.ln()).ceil().max(0.0) as u32
}

/// The index that a plan scans, and its height.
fn height(plan: &str) -> Option<(String, u32)> {
    let plan: Value = serde_json::from_str(plan).ok()?;
    let mut node = plan.get(0)?.get("Plan")?;
    loop {
        if let Some(index) = node.get("Index Name").and_then(Value::as_str) {
            let cost = node.get("Startup Cost")?.as_f64()?;
            let levels = (cost / LEVEL).floor() - 1.0;
            return (0.0..32.0).contains(&levels).then(|| (index.to_owned(), levels as u32));
        }
        node = node.get("Plans")?.get(0)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_is_in_the_cost_of_beginning() {
        let plan = |cost: &str| {
            format!(
                r#"[{{"Plan": {{"Node Type": "Result", "Plans": [{{"Index Name": "t_pkey", "Startup Cost": {cost}}}]}}}}]"#
            )
        };
        assert_eq!(height(&plan("115.00")), Some(("t_pkey".to_owned(), 1)));
        assert_eq!(height(&plan("50.00")), Some(("t_pkey".to_owned(), 0)));
        assert_eq!(height(&plan("183.50")), Some(("t_pkey".to_owned(), 2)));
        assert_eq!(height(&plan("10000000020.00")), None);
        assert_eq!(height("[]"), None);
    }

    #[test]
    fn what_cannot_be_asked_is_reckoned() {
        assert_eq!(
            (reckoned(1), reckoned(2), reckoned(100), reckoned(30_000), reckoned(3_000_000)),
            (0, 0, 1, 2, 3)
        );
    }
}
