//! What the server ran, if it counts that.

use super::reading::{Reading, Refusal, number, text};
use crate::cost::OWN_MARK;
use crate::ghost::{literal, quoted};
use crate::portrait::{Loss, Statement, Workload};
use crate::shape::Class;

/// Statements at most, those that took the most time.
const MOST: usize = 2000;
/// Bytes of a text at most: what is longer can't be planned from a portrait.
const LONGEST: usize = 64 << 10;

pub(super) async fn workload(
    reading: &Reading<'_>,
    schema: Option<&str>,
    lost: &mut Vec<Loss>,
) -> Result<Option<Workload>, Refusal> {
    let what = "the statements that were run".to_owned();
    let Some(schema) = schema else {
        lost.push(Loss {
            what,
            why: "the extension pg_stat_statements is not in this database: `CREATE EXTENSION pg_stat_statements`"
                .to_owned(),
        });
        return Ok(None);
    };
    let schema = quoted(schema);
    let query = format!(
        "SELECT s.queryid, s.userid::regrole::text, s.query, s.calls, s.total_exec_time, s.mean_exec_time, \
         s.stddev_exec_time, s.rows, s.shared_blks_hit, s.shared_blks_read, s.temp_blks_written, s.wal_bytes \
         FROM {schema}.pg_stat_statements(true) s \
         WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.toplevel AND position({} IN s.query) = 0 \
         ORDER BY s.total_exec_time DESC, s.queryid LIMIT {MOST}; \
         SELECT (extract(epoch FROM stats_reset) * 1000)::bigint, dealloc FROM {schema}.pg_stat_statements_info",
        literal(OWN_MARK)
    );
    let answers = match reading.attempt(&query).await? {
        Ok(answers) => answers,
        Err(refusal) => {
            lost.push(Loss { what, why: refusal.to_string() });
            return Ok(None);
        }
    };
    let mut workload = Workload::default();
    let rows = answers.first().map_or(&[][..], Vec::as_slice);
    for row in rows {
        let statement = text(row, 2);
        if !matches!(Class::of(&statement), Class::Reads | Class::Writes) || statement.len() > LONGEST {
            workload.left_out += 1;
            continue;
        }
        workload.statements.push(Statement {
            id: number(row, 0),
            role: text(row, 1),
            text: statement,
            calls: number(row, 3),
            total_ms: number(row, 4),
            mean_ms: number(row, 5),
            deviation_ms: number(row, 6),
            rows: number(row, 7),
            hits: number(row, 8),
            reads: number(row, 9),
            spilled: number(row, 10),
            wal_bytes: number(row, 11),
        });
    }
    if rows.iter().any(|row| row.first().is_none_or(Option::is_none)) {
        lost.push(Loss {
            what: "texts of other roles' statements".to_owned(),
            why: "they are shown to members of `pg_monitor` only".to_owned(),
        });
        workload.statements.retain(|statement| statement.id != 0);
    }
    if let Some(row) = answers.get(1).and_then(|rows| rows.first()) {
        workload.since_ms = row[0].as_ref().and_then(|text| text.parse().ok());
        workload.evictions = row[1].as_ref().and_then(|text| text.parse().ok());
    }
    Ok(Some(workload))
}
