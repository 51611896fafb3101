//! The smallest and the largest value of indexed columns, as they are now.
//!
//! A planner that compares with the end of a histogram does not trust it: it asks the index for the value that is there
//! now (`get_actual_variable_range`), because yesterday's statistics know nothing of today's rows. An empty index has
//! no answer, so the portrait brings it along. Each costs a look at one end of an index.

use super::reading::{Reading, Refusal, is_true, number, text};
use super::relations::Relations;
use crate::portrait::{Column, Loss, Slot, Statistics};

/// Columns asked for at once.
const AT_ONCE: usize = 50;
/// The kind of slots that are histograms.
const HISTOGRAM: i16 = 2;
/// No look takes longer: only an index whose end is full of dead rows makes it long.
const PRICES: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; \
     SET LOCAL statement_timeout = 2000";

/// The first key of each B-tree over all rows: its table, its column's name or none, its own name, and how to ask.
const KEYS: &str = "\
SELECT i.indrelid, a.attname, i.indexrelid, row_security_active(t.oid), format(
    'SELECT /* loadline */ (SELECT %1$s FROM ONLY %2$s WHERE (%1$s) IS NOT NULL ORDER BY %1$s%3$s ASC LIMIT 1)::text, \
            (SELECT %1$s FROM ONLY %2$s WHERE (%1$s) IS NOT NULL ORDER BY %1$s%3$s DESC LIMIT 1)::text',
    pg_get_indexdef(i.indexrelid, 1, false), format('%I.%I', n.nspname, t.relname),
    CASE WHEN i.indcollation[0] <> 0 THEN ' COLLATE ' || i.indcollation[0]::regcollation ELSE '' END)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_opclass oc ON oc.oid = i.indclass[0]
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] AND i.indkey[0] > 0
WHERE m.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indpred IS NULL AND c.relpersistence <> 't'
  AND oc.opcdefault AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY i.indrelid, i.indkey[0], i.indexrelid";

/// What is asked for one column's histogram.
struct Asked {
    /// The place of its statistics.
    place: usize,
    statement: String,
}

pub(super) async fn ends(
    reading: &Reading<'_>,
    relations: &Relations,
    statistics: &mut [Statistics],
    lost: &mut Vec<Loss>,
) -> Result<(), Refusal> {
    let mut asked: Vec<Asked> = Vec::new();
    for row in reading.rows(KEYS).await? {
        let place = |column| relations.places.get(&number(&row, column)).copied();
        let name = row.get(1).cloned().flatten();
        let (relation, column) = match name {
            Some(name) => (place(0), Column::Name(name)),
            None => (place(2), Column::Number(1)),
        };
        let found = statistics.iter().position(|statistics| {
            let is_histogram = |slot: &Slot| slot.kind == HISTOGRAM && slot.values.is_some();
            Some(statistics.relation) == relation
                && statistics.column == column
                && !statistics.inherited
                && statistics.figures.slots.iter().any(is_histogram)
        });
        let Some(found) = found.filter(|found| asked.last().is_none_or(|last| last.place != *found)) else {
            continue;
        };
        if is_true(&row, 3) {
            let relation = &relations.all[statistics[found].relation as usize];
            lost.push(Loss {
                what: format!("the present ends of ranges in {}.{}", relation.schema, relation.name),
                why: "its row-level security hides rows from this role; give it `BYPASSRLS`".to_owned(),
            });
            continue;
        }
        asked.push(Asked { place: found, statement: text(&row, 4) });
    }
    reading.batch(&format!("SAVEPOINT prices; {PRICES}")).await?;
    for some in asked.chunks(AT_ONCE) {
        let all: Vec<&str> = some.iter().map(|asked| asked.statement.as_str()).collect();
        let answers = reading.each(&all).await?;
        for (asked, rows) in some.iter().zip(answers) {
            let Some([Some(smallest), Some(largest)]) = rows.first().map(Vec::as_slice) else { continue };
            let slots = &mut statistics[asked.place].figures.slots;
            for slot in slots.iter_mut().filter(|slot| slot.kind == HISTOGRAM) {
                slot.ends = Some((smallest.clone(), largest.clone()));
            }
        }
    }
    reading.batch("ROLLBACK TO SAVEPOINT prices; RELEASE SAVEPOINT prices").await
}
