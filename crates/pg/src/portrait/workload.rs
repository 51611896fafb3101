//! What a server ran, as `pg_stat_statements` counted it.

use serde::{Deserialize, Serialize};

/// The statements of a window: from when the counting began until the portrait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// When the counting began, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// How often entries were thrown away for others: what they had counted is missing.
    pub evictions: Option<i64>,
    /// Those that took most of the time, in that order.
    pub statements: Vec<Statement>,
    /// Statements that are not here: those that define or administer, because they can hold passwords.
    pub left_out: u32,
}

/// A statement and what it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// The server's number for it.
    pub id: i64,
    /// Whose it is.
    pub role: String,
    /// Its text with `$1` for constants.
    pub text: String,
    /// Executions.
    pub calls: i64,
    /// Time in milliseconds, all together.
    pub total_ms: f64,
    /// Mean time of one.
    pub mean_ms: f64,
    /// Standard deviation of the times.
    pub deviation_ms: f64,
    /// Rows returned or changed.
    pub rows: i64,
    /// Pages found in memory.
    pub hits: i64,
    /// Pages read.
    pub reads: i64,
    /// Pages of temporary files written.
    pub spilled: i64,
    /// Bytes of write-ahead log.
    pub wal_bytes: f64,
}
