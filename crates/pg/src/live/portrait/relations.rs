//! Tables and indexes: how large they are, how much they are used.

use std::collections::HashMap;

use super::reading::{Reading, Refusal, Row, is_true, number, text};
use crate::portrait::{Index, Loss, Relation};

/// What has rows, or parts that have, outside of the system's own schemas.
const RELATIONS: &str = "\
SELECT c.oid, n.nspname, c.relname, c.relkind, i.indrelid, c.relpages, c.reltuples, c.relallvisible, ALL_FROZEN, SIZE,
       coalesce(CASE WHEN i.indrelid IS NULL THEN pg_stat_get_numscans(c.oid) ELSE pg_stat_get_numscans(c.oid) END, 0),
       coalesce(CASE WHEN i.indrelid IS NULL THEN pg_stat_get_tuples_inserted(c.oid)
                + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) END, 0),
       a.amname, CASE WHEN i.indrelid IS NOT NULL THEN pg_get_indexdef(c.oid) END,
       (SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'pages_per_range'),
       coalesce(i.indisunique OR i.indisexclusion, false)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind IN ('r', 'p', 'i', 'I', 'm') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_' AND (i.indexrelid IS NULL OR (i.indisvalid AND t.relpersistence <> 't'))
ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

/// Relations with the server's numbers for them.
pub(super) struct Relations {
    pub(super) all: Vec<Relation>,
    /// The place of each by its number.
    pub(super) places: HashMap<u32, u32>,
}

pub(super) async fn relations(
    reading: &Reading<'_>,
    version: u32,
    page_bytes: u32,
    lost: &mut Vec<Loss>,
) -> Result<Relations, Refusal> {
    let frozen = if version >= 180_000 { "c.relallfrozen" } else { "0" };
    let query = |size: &str| RELATIONS.replace("ALL_FROZEN", frozen).replace("SIZE", size);
    let answer = match reading.attempt(&query("pg_relation_size(c.oid)")).await? {
        Ok(answer) => answer,
        Err(refusal) => {
            lost.push(Loss {
                what: "the present sizes of tables and indexes".to_owned(),
                why: format!("{refusal}; the sizes of their last `VACUUM` or `ANALYZE` stand for them: try again when no table is locked"),
            });
            reading.all(&query(&format!("c.relpages::bigint * {page_bytes}"))).await?
        }
    };
    let rows = answer.into_iter().next().unwrap_or_default();
    let places: HashMap<u32, u32> =
        rows.iter().enumerate().map(|(place, row)| (number(row, 0), place as u32)).collect();
    let all = rows.iter().map(|row| relation(row, &places)).collect();
    Ok(Relations { all, places })
}

fn relation(row: &Row, places: &HashMap<u32, u32>) -> Relation {
    let table = places.get(&number(row, 4)).copied();
    let index = table.is_some().then(|| Index {
        method: text(row, 12),
        definition: text(row, 13),
        height: 0,
        height_is_known: true,
        pages_per_range: number(row, 14),
        is_needed: is_true(row, 15),
    });
    Relation {
        schema: text(row, 1),
        name: text(row, 2),
        kind: text(row, 3).chars().next().unwrap_or('r'),
        table,
        pages: number(row, 5),
        tuples: number(row, 6),
        all_visible: number(row, 7),
        all_frozen: number(row, 8),
        bytes: number(row, 9),
        scans: number(row, 10),
        writes: number(row, 11),
        index,
    }
}
