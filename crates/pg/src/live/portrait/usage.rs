//! What the server counted of tables and indexes, and what indexes are there for.

use super::reading::{Reading, Refusal, Row, is_true, number, text};
use super::relations::Relations;
use crate::portrait::{Invalid, Loss, Purpose, Usage, Use};

/// A row for each relation, by its number.
const USES: &str = "\
SELECT c.oid, pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_hot_updated(c.oid),
       pg_stat_get_tuples_deleted(c.oid), pg_stat_get_numscans(c.oid), pg_stat_get_tuples_returned(c.oid),
       pg_stat_get_mod_since_analyze(c.oid),
       (extract(epoch FROM greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))) * 1000)::bigint
FROM pg_class c WHERE c.relkind IN ('r', 'm', 'p')";

/// A row for each index: what it is needed for. A foreign key is found by an index that begins with its columns, in
/// whatever order.
const PURPOSES: &str = "\
SELECT i.indexrelid, i.indisunique,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')),
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype = 'f'),
       i.indpred IS NULL AND EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = i.indrelid
           AND k.conkey <@ (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.conkey)]),
       i.indisreplident, i.indisclustered, EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_'";

const INVALID: &str = "\
SELECT n.nspname, c.relname, i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid),
       c.relpages::bigint * current_setting('block_size')::bigint,
       EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_' ORDER BY 1, 2 LIMIT 1000";

const SERVER: &str = "\
SELECT (extract(epoch FROM (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database())) * 1000)::bigint,
       pg_is_in_recovery(), (SELECT count(*) FROM pg_stat_replication)";

/// In the order in which [`PURPOSES`] asks for them.
const ASKED: [Purpose; 7] = [
    Purpose::Unique,
    Purpose::Constraint,
    Purpose::Referenced,
    Purpose::ForeignKey,
    Purpose::ReplicaIdentity,
    Purpose::Cluster,
    Purpose::Partition,
];

pub(super) async fn usage(
    reading: &Reading<'_>,
    relations: &Relations,
    lost: &mut Vec<Loss>,
) -> Result<Option<Usage>, Refusal> {
    let answers = match reading.attempt(&[USES, PURPOSES, INVALID, SERVER].join("; ")).await? {
        Ok(answers) => answers,
        Err(refusal) => {
            lost.push(Loss { what: "how tables and indexes were used".to_owned(), why: refusal.to_string() });
            return Ok(None);
        }
    };
    let answer = |place: usize| answers.get(place).map_or(&[][..], Vec::as_slice);
    let mut of = vec![Use::default(); relations.all.len()];
    for (row, is_index) in
        answer(0).iter().map(|row| (row, false)).chain(answer(1).iter().map(|row| (row, true)))
    {
        let place = relations.places.get(&number(row, 0)).and_then(|place| of.get_mut(*place as usize));
        let Some(of) = place else { continue };
        *of = if is_index { purposes(row) } else { table(row) };
    }
    let server = answer(3).first().cloned().unwrap_or_default();
    Ok(Some(Usage {
        since_ms: moment(&server, 0),
        is_standby: is_true(&server, 1),
        standbys: number(&server, 2),
        of,
        invalid: answer(2).iter().map(invalid).collect(),
    }))
}

fn moment(row: &Row, column: usize) -> Option<i64> {
    row.get(column)?.as_deref()?.parse().ok()
}

fn table(row: &Row) -> Use {
    Use {
        inserted: number(row, 1),
        updated: number(row, 2),
        updated_in_place: number(row, 3),
        deleted: number(row, 4),
        whole_scans: number(row, 5),
        whole_scan_rows: number(row, 6),
        changed_since_analyze: number(row, 7),
        analyzed_ms: moment(row, 8),
        purposes: Vec::new(),
    }
}

fn purposes(row: &Row) -> Use {
    let purposes = ASKED.into_iter().enumerate().filter(|(place, _)| is_true(row, place + 1));
    Use { purposes: purposes.map(|(_, purpose)| purpose).collect(), ..Use::default() }
}

fn invalid(row: &Row) -> Invalid {
    Invalid {
        schema: text(row, 0),
        name: text(row, 1),
        table: text(row, 2),
        definition: text(row, 3),
        bytes: number(row, 4),
        is_being_built: is_true(row, 5),
    }
}
