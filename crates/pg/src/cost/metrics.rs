//! The metrics that a database's cost is kept as, how they are described, and which of their figures are compared.
//!
//! They are metrics like all others, so thresholds, budgets, baselines and trends need to know nothing of databases.

use loadline_measure::{
    Better, Description, FigureSpec, MISSING, MetricId, MetricKind, Quantity, Schema, SchemaError, Subject,
    Unit,
};

use MetricKind::{Counter, Gauge, Rate, Trend};
use Unit::{Bytes, Milliseconds, Plain};

/// Name, kind and unit of each metric; title, unit and panel of its description.
type Row = (&'static str, MetricKind, Unit, &'static str, &'static str, &'static str);

/// What every metric of a database's cost is called.
pub const METRICS: [Row; 25] = [
    ("db_calls", Counter, Plain, "Statements executed", "statements", "Database"),
    ("db_time", Counter, Milliseconds, "Time in statements", "", "Database time"),
    ("db_mean_time", Trend, Milliseconds, "Mean time of a statement", "", "Statements"),
    ("db_time_squared", Counter, Plain, "Squares of statements' times", "ms²", ""),
    ("db_rows", Counter, Plain, "Rows", "rows", "Database"),
    ("db_cache_hits", Rate, Plain, "Blocks in the database's cache", "", "Database cache"),
    ("db_temp_bytes", Counter, Bytes, "Temporary files of statements", "", "Database spill"),
    ("db_wal_bytes", Counter, Bytes, "Write-ahead log", "", "Database writes"),
    ("db_active_time", Counter, Milliseconds, "Time sessions were at work", "", "Database time"),
    ("db_lock_waits", Rate, Plain, "Statements that wait for a lock", "", "Database waits"),
    ("db_sessions", Gauge, Plain, "Sessions", "sessions", "Database sessions"),
    ("db_longest_transaction", Gauge, Milliseconds, "Longest transaction", "", "Database transactions"),
    ("db_commits", Counter, Plain, "Transactions committed", "transactions", "Database"),
    ("db_rollbacks", Counter, Plain, "Transactions rolled back", "transactions", "Database"),
    ("db_deadlocks", Counter, Plain, "Deadlocks", "deadlocks", "Database waits"),
    ("db_temp_files", Counter, Plain, "Temporary files", "files", "Database spill"),
    ("db_pool_queue", Gauge, Plain, "Clients waiting in the pool", "clients", "Database pool"),
    ("db_pool_waits", Counter, Plain, "Clients seen waiting in the pool", "clients", "Database pool"),
    ("db_pool_longest_wait", Gauge, Milliseconds, "Longest wait in the pool", "", "Database pool"),
    ("db_calls_per_request", Trend, Plain, "Statements per request", "statements", "Database by endpoint"),
    ("db_time_per_request", Trend, Milliseconds, "Database time per request", "", "Database by endpoint"),
    ("db_statement_calls_per_request", Trend, Plain, "Executions per request", "statements", ""),
    ("db_plan_flips", Counter, Plain, "Plans that changed", "plans", "Database plans"),
    ("db_unobserved", Counter, Plain, "Seconds the database was not observed", "s", "Database"),
    (MISSING, Counter, Plain, "Missing values", "", ""),
];

/// The metrics in a schema.
#[derive(Clone, Copy, Debug)]
pub struct CostMetrics {
    pub(super) calls: MetricId,
    pub(super) time: MetricId,
    pub(super) mean_time: MetricId,
    pub(super) time_squared: MetricId,
    pub(super) rows: MetricId,
    pub(super) cache_hits: MetricId,
    pub(super) temp_bytes: MetricId,
    pub(super) wal_bytes: MetricId,
    pub(super) active_time: MetricId,
    pub(super) lock_waits: MetricId,
    pub(super) sessions: MetricId,
    pub(super) longest_transaction: MetricId,
    pub(super) commits: MetricId,
    pub(super) rollbacks: MetricId,
    pub(super) deadlocks: MetricId,
    pub(super) temp_files: MetricId,
    pub(super) pool_queue: MetricId,
    pub(super) pool_waits: MetricId,
    pub(super) pool_longest_wait: MetricId,
    pub(super) calls_per_request: MetricId,
    pub(super) time_per_request: MetricId,
    pub(super) statement_calls_per_request: MetricId,
    pub(super) plan_flips: MetricId,
    pub(super) unobserved: MetricId,
    pub(super) missing: MetricId,
}

impl CostMetrics {
    /// Defines all of them, or finds those that are there.
    ///
    /// # Errors
    /// When a metric of a script has the name of one of them and another meaning.
    pub fn define(schema: &Schema) -> Result<Self, SchemaError> {
        let mut rows = METRICS.iter();
        let mut next = || {
            // There is a row for each field.
            let (name, kind, unit, ..) = rows.next().copied().unwrap_or(METRICS[0]);
            schema.define(name, kind, unit)
        };
        Ok(Self {
            calls: next()?,
            time: next()?,
            mean_time: next()?,
            time_squared: next()?,
            rows: next()?,
            cache_hits: next()?,
            temp_bytes: next()?,
            wal_bytes: next()?,
            active_time: next()?,
            lock_waits: next()?,
            sessions: next()?,
            longest_transaction: next()?,
            commits: next()?,
            rollbacks: next()?,
            deadlocks: next()?,
            temp_files: next()?,
            pool_queue: next()?,
            pool_waits: next()?,
            pool_longest_wait: next()?,
            calls_per_request: next()?,
            time_per_request: next()?,
            statement_calls_per_request: next()?,
            plan_flips: next()?,
            unobserved: next()?,
            missing: next()?,
        })
    }
}

/// How the metrics are described to people.
pub fn descriptions() -> impl Iterator<Item = (String, Description)> {
    METRICS
        .iter()
        .map(|(name, _, _, title, unit, panel)| ((*name).to_owned(), Description::new(title, unit, panel)))
}

/// What two runs are compared by.
pub fn figures() -> Vec<FigureSpec> {
    let database = Subject::All("the database".to_owned());
    let statement = Subject::Tag("query".to_owned());
    let spec = FigureSpec::new;
    vec![
        spec(database.clone(), "db_temp_bytes", Quantity::Count, Better::Lower).called("temporary files"),
        spec(database.clone(), "db_cache_hits", Quantity::Share, Better::Higher).called("cache hits"),
        spec(database, "db_lock_waits", Quantity::Share, Better::Lower).called("lock waits"),
        spec(statement, "db_mean_time", Quantity::Average, Better::Lower).called("mean time"),
        spec(Subject::Endpoint, "db_calls_per_request", Quantity::Average, Better::Lower)
            .called("statements per request"),
        spec(Subject::Endpoint, "db_time_per_request", Quantity::Average, Better::Lower)
            .called("database time per request"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_its_own_place() {
        let schema = Schema::new();
        let metrics = CostMetrics::define(&schema).unwrap();
        assert_eq!(schema.metrics().len(), METRICS.len());
        for (id, name) in [
            (metrics.calls, "db_calls"),
            (metrics.active_time, "db_active_time"),
            (metrics.pool_longest_wait, "db_pool_longest_wait"),
            (metrics.unobserved, "db_unobserved"),
            (metrics.missing, MISSING),
        ] {
            assert_eq!(schema.metric(id).name, name);
        }
        for figure in figures() {
            assert!(schema.find(&figure.metric).is_some(), "{}", figure.metric);
        }
    }
}
