//! The texts that a server is asked, and asking them in good time.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::super::connect::{Session, explain};
use super::facts::Facts;

/// What marks our own statements.
pub(super) const MARK: &str = crate::cost::OWN_MARK;
/// An answer that takes longer leaves a gap.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// Longer texts than this are sent by their ends alone, where comments are; those without comments are not sent.
const WHOLE_TEXT: usize = 1_024;

/// What bounds our sessions; they read, and never for long.
pub(super) const LIMITS: &str = "SET /* loadline */ default_transaction_read_only = on; \
     SET /* loadline */ statement_timeout = 2500; SET /* loadline */ lock_timeout = 500; \
     SET /* loadline */ idle_in_transaction_session_timeout = 60000; \
     SET /* loadline */ client_min_messages = error";

/// Asks, and gives the rows of each statement together.
pub(super) async fn ask(session: &Session, text: &str) -> Result<Vec<SimpleQueryRow>, String> {
    let answer = timeout(PATIENCE, session.simple_query(text)).await;
    let answer = answer.map_err(|_| format!("it has not answered for {} s", PATIENCE.as_secs()))?;
    let messages = answer.map_err(|error| explain(&error))?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok(rows.collect())
}

/// What is to be known of a server before anything else.
pub(super) fn facts() -> String {
    format!(
        "SELECT {MARK} current_setting('server_version_num') AS version, \
         (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
          WHERE e.extname = 'pg_stat_statements') AS extension, \
         (SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements') AS extension_version, \
         current_setting('pg_stat_statements.max', true) AS most, \
         current_setting('pg_stat_statements.track', true) AS track, \
         current_setting('block_size') AS block_size, \
         (SELECT setting FROM pg_settings WHERE name = 'track_activity_query_size') AS text_size, \
         current_setting('track_activities') AS track_activities, \
         pg_is_in_recovery() AS replica, \
         (SELECT oid FROM pg_database WHERE datname = current_database()) AS database, \
         pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all"
    )
}

/// What it has counted: of everything first and last, and of each statement in between.
pub(super) fn snapshot(facts: &Facts) -> String {
    let Facts { database, .. } = facts;
    let server = format!(
        "SELECT {MARK} 'server' AS part, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at, \
         (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS started, \
         pg_stat_get_db_xact_commit({database}) AS commits, pg_stat_get_db_xact_rollback({database}) AS rollbacks, \
         pg_stat_get_db_deadlocks({database}) AS deadlocks, pg_stat_get_db_temp_files({database}) AS temp_files, \
         (SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE datid = {database} AND state = 'idle') AS idle, \
         (extract(epoch FROM pg_stat_get_db_stat_reset_time({database})) * 1000000)::bigint AS database_reset"
    );
    let Some(extension) = &facts.extension else { return server };
    let info = format!(
        "SELECT {MARK} 'info' AS part, dealloc, (extract(epoch FROM stats_reset) * 1000000)::bigint AS reset \
         FROM {extension}.pg_stat_statements_info()"
    );
    let (read, write, since) = if facts.renamed_times {
        (
            "shared_blk_read_time",
            "shared_blk_write_time",
            "(extract(epoch FROM stats_since) * 1000000)::bigint",
        )
    } else {
        ("blk_read_time", "blk_write_time", "NULL")
    };
    format!(
        "{info}; {server}; \
         SELECT {MARK} 'one' AS part, userid, queryid, calls, rows, total_exec_time, mean_exec_time, \
         stddev_exec_time, shared_blks_hit, shared_blks_read, {read}, {write}, temp_blks_written, \
         trunc(wal_bytes), {since} \
         FROM {extension}.pg_stat_statements(false) WHERE dbid = {database} AND toplevel; {info}"
    )
}

/// Which sessions are at work, in transactions, or have run something within this time. Moments are numbers with a
/// floating point, good to a microsecond: exact ones would cost the server several times as much.
pub(super) fn activity(facts: &Facts, since: Duration) -> String {
    format!(
        "SELECT {MARK} pid, query_id, state, wait_event_type, \
         date_part('epoch', clock_timestamp() - xact_start) * 1000, \
         CASE WHEN query LIKE '%/*%' THEN left(query, {WHOLE_TEXT}) ELSE '' END, \
         CASE WHEN octet_length(query) > {WHOLE_TEXT} AND query LIKE '%/*%' THEN right(query, {WHOLE_TEXT}) END, \
         octet_length(query), date_part('epoch', query_start) * 1000000, \
         date_part('epoch', clock_timestamp() - query_start) * 1000 \
         FROM pg_stat_get_activity(NULL) WHERE datid = {} AND pid <> pg_backend_pid() \
         AND (backend_type = 'client backend' \
         AND (state <> 'idle' OR query_start > clock_timestamp() - interval '{} milliseconds') \
         OR state IS NULL AND query = '<insufficient privilege>')",
        facts.database,
        since.as_millis()
    )
}

/// How many sessions may not have reported yet what they made the database count: one that falls idle does so within
/// ten seconds (`PGSTAT_IDLE_INTERVAL`).
pub(super) fn unreported(facts: &Facts) -> String {
    format!(
        "SELECT {MARK} count(*) FROM pg_stat_get_activity(NULL) WHERE datid = {} AND pid <> pg_backend_pid() \
         AND (backend_type = 'client backend' AND (state <> 'idle' \
         OR state_change > clock_timestamp() - interval '10.5 seconds') OR state IS NULL AND backend_type IS NULL)",
        facts.database
    )
}

/// Who holds what these processes wait for.
pub(super) fn blockers(processes: &[i32]) -> String {
    let list: Vec<String> = processes.iter().map(i32::to_string).collect();
    format!(
        "SELECT {MARK} w.pid, unnest(pg_blocking_pids(w.pid)) FROM unnest('{{{}}}'::int[]) AS w(pid)",
        list.join(",")
    )
}

/// The texts of these statements, and the numbers of our own.
pub(super) fn texts(facts: &Facts, queries: &[i64]) -> Option<String> {
    let extension = facts.extension.as_ref()?;
    let list: Vec<String> = queries.iter().map(i64::to_string).collect();
    Some(format!(
        "SELECT {MARK} DISTINCT ON (queryid) queryid, query, query LIKE '%{MARK}%' \
         FROM {extension}.pg_stat_statements(true) WHERE dbid = {} \
         AND (queryid = ANY ('{{{}}}'::bigint[]) OR query LIKE '%{MARK}%') ORDER BY queryid",
        facts.database,
        list.join(",")
    ))
}
