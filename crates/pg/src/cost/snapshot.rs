//! What a server has counted since its statistics began, at one moment.

use std::collections::HashMap;

/// Which statement of which user, as `pg_stat_statements` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementKey {
    /// The user's oid.
    pub user: u32,
    /// The database's oid.
    pub database: u32,
    /// The server's number for the text.
    pub query: i64,
    /// Whether a client sent it, and not a function.
    pub top_level: bool,
}

/// What was counted of a statement since its entry was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Executions that ended.
    pub calls: u64,
    /// Rows that they returned or changed.
    pub rows: u64,
    /// What they took, in milliseconds.
    pub time_ms: f64,
    /// The mean of what they took.
    pub mean_ms: f64,
    /// Its standard deviation, of all executions and not of a sample.
    pub deviation_ms: f64,
    /// Blocks that were in the server's cache.
    pub blocks_hit: u64,
    /// Blocks that were not.
    pub blocks_read: u64,
    /// Time spent reading blocks, in milliseconds; zero unless `track_io_timing` is on.
    pub read_ms: f64,
    /// Time spent writing blocks, in milliseconds; zero unless `track_io_timing` is on.
    pub write_ms: f64,
    /// Blocks written to temporary files.
    pub temp_blocks_written: u64,
    /// Bytes of write-ahead log.
    pub wal_bytes: u64,
    /// When the entry was made, in microseconds since 1970 UTC. PostgreSQL tells since version 17.
    pub since_us: Option<i64>,
}

/// What is counted of a database as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseCounters {
    /// Transactions that were committed.
    pub commits: u64,
    /// Transactions that were rolled back.
    pub rollbacks: u64,
    /// Deadlocks.
    pub deadlocks: u64,
    /// Temporary files.
    pub temp_files: u64,
}

/// All that was counted, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When it was taken by the server's clock, in microseconds since 1970 UTC.
    pub at_us: i64,
    /// When the server started.
    pub started_us: i64,
    /// When all statistics of statements were forgotten last, if the server tells.
    pub reset_us: Option<i64>,
    /// How often entries were evicted to make room, if the server tells.
    pub evictions: Option<u64>,
    /// Each statement.
    pub statements: HashMap<StatementKey, Counters>,
    /// Statements of other users that the role may not tell apart.
    pub hidden: u64,
    /// How often these were executed, all of them together.
    pub hidden_calls: u64,
    /// When the database's own counters were forgotten last, if ever.
    pub database_reset_us: Option<i64>,
    /// The database as a whole.
    pub database: DatabaseCounters,
}

impl Counters {
    /// The sum of the squares of what its executions took.
    pub(super) fn squares(&self) -> f64 {
        self.calls as f64 * (self.deviation_ms * self.deviation_ms + self.mean_ms * self.mean_ms)
    }
}
