//! Figures of a database as values of a Run.

use loadline_measure::{
    Counter, Gauge, MISSING_METRIC, MISSING_REST, MISSING_WHY, MetricId, Rate, Schema, Series, Sink,
    TagSetId, Trend, Window,
};

use super::activity::{Sessions, Watched};
use super::difference::Spent;
use super::metrics::CostMetrics;
use super::snapshot::DatabaseCounters;

/// A window that is being filled.
pub(super) struct Filling<'a> {
    pub(super) window: &'a mut Window,
    pub(super) schema: &'a Schema,
    pub(super) metrics: &'a CostMetrics,
    pub(super) unix_ns: i64,
}

impl Filling<'_> {
    fn tags(&self, pairs: &[(&str, &str)]) -> TagSetId {
        self.schema.intern(TagSetId::EMPTY, pairs)
    }

    fn put(&mut self, metric: MetricId, tags: TagSetId, sink: Sink) {
        self.window.add(Series { metric, tags }, sink);
    }

    fn count(&mut self, metric: MetricId, tags: TagSetId, sum: f64) {
        self.put(metric, tags, Sink::Counter(Counter { sum, count: 1 }));
    }

    fn level(&mut self, metric: MetricId, tags: TagSetId, value: f64) {
        self.put(metric, tags, Sink::Gauge(Gauge::new(value, self.unix_ns, 0)));
    }

    /// What a statement cost.
    pub(super) fn statement(&mut self, name: &str, spent: &Spent, block_bytes: u64) {
        let tags = self.tags(&[("query", name)]);
        let metrics = *self.metrics;
        for (metric, value) in [
            (metrics.calls, spent.calls as f64),
            (metrics.time, spent.time_ms),
            (metrics.time_squared, spent.squares_ms2),
            (metrics.rows, spent.rows as f64),
            (metrics.temp_bytes, (spent.temp_blocks_written * block_bytes) as f64),
            (metrics.wal_bytes, spent.wal_bytes as f64),
        ] {
            self.count(metric, tags, value);
        }
        if spent.calls > 0 {
            self.put(metrics.mean_time, tags, Sink::Trend(times(spent.mean_ms(), spent.calls)));
        }
        let total = spent.blocks_hit + spent.blocks_read;
        if total > 0 {
            self.put(metrics.cache_hits, tags, Sink::Rate(Rate { passes: spent.blocks_hit, total }));
        }
    }

    /// What was counted of the database as a whole.
    pub(super) fn database(&mut self, counted: &DatabaseCounters) {
        let metrics = *self.metrics;
        for (metric, value) in [
            (metrics.commits, counted.commits),
            (metrics.rollbacks, counted.rollbacks),
            (metrics.deadlocks, counted.deadlocks),
            (metrics.temp_files, counted.temp_files),
        ] {
            self.count(metric, TagSetId::EMPTY, value as f64);
        }
    }

    /// What sessions did; `name` knows statements by their numbers.
    pub(super) fn watched(&mut self, watched: &Watched, name: &dyn Fn(Option<i64>) -> String) {
        let metrics = *self.metrics;
        for ((query, wait), ms) in &watched.active_ms {
            let tags = self.tags(&[("query", &name(*query)), ("wait", wait.as_str())]);
            self.count(metrics.active_time, tags, *ms);
        }
        for (query, (all, locked)) in &watched.looks {
            let tags = self.tags(&[("query", &name(*query))]);
            self.put(metrics.lock_waits, tags, Sink::Rate(Rate { passes: *locked, total: *all }));
        }
        if let Some(sessions) = &watched.sessions {
            self.sessions(sessions);
        }
    }

    fn sessions(&mut self, sessions: &Sessions) {
        let metrics = *self.metrics;
        for (state, number) in [
            ("active", sessions.active - sessions.waiting),
            ("waiting for a lock", sessions.waiting),
            ("idle in transaction", sessions.idle_in_transaction),
            ("idle", sessions.idle),
        ] {
            let tags = self.tags(&[("state", state)]);
            self.level(metrics.sessions, tags, number as f64);
        }
        self.level(metrics.longest_transaction, TagSetId::EMPTY, sessions.longest_transaction_ms);
    }

    /// A pool's queue, at one moment.
    pub(super) fn pool(&mut self, pool: &str, waiting: u64, longest_ms: f64) {
        let tags = self.tags(&[("pool", pool)]);
        let metrics = *self.metrics;
        self.level(metrics.pool_queue, tags, waiting as f64);
        self.level(metrics.pool_longest_wait, tags, longest_ms);
        self.count(metrics.pool_waits, tags, waiting as f64);
    }

    /// What requests of an endpoint make the database do.
    pub(super) fn endpoint(&mut self, endpoint: &str, requests: u64, calls: f64, time_ms: f64) {
        let tags = self.tags(&[("endpoint", endpoint)]);
        let metrics = *self.metrics;
        self.put(metrics.calls_per_request, tags, Sink::Trend(times(calls, requests)));
        self.put(metrics.time_per_request, tags, Sink::Trend(times(time_ms, requests)));
    }

    /// How often a request of an endpoint executes a statement.
    pub(super) fn part(&mut self, endpoint: &str, name: &str, requests: u64, calls: f64) {
        let tags = self.tags(&[("endpoint", endpoint), ("query", name)]);
        self.put(self.metrics.statement_calls_per_request, tags, Sink::Trend(times(calls, requests)));
    }

    /// Whether a statement's plan is another one now.
    pub(super) fn plan(&mut self, name: &str, flips: u64) {
        let tags = self.tags(&[("query", name)]);
        self.count(self.metrics.plan_flips, tags, flips as f64);
    }

    /// Values of a metric that are missing: all of them, or those with a tag.
    pub(super) fn missing(&mut self, metric: &str, why: &str, of: Option<(&str, &str)>, seconds: f64) {
        let mut pairs = vec![(MISSING_METRIC, metric), (MISSING_WHY, why)];
        pairs.extend(of);
        let tags = self.tags(&pairs);
        self.count(self.metrics.missing, tags, seconds);
    }

    /// Statements without a name of their own, which are among the others.
    pub(super) fn rest(&mut self, metrics: &[&str]) {
        for metric in metrics {
            let why = "the statements that cost least are kept together";
            self.missing(metric, why, Some((MISSING_REST, "query")), 0.0);
        }
    }

    /// Seconds of which nothing is known.
    pub(super) fn unobserved(&mut self, seconds: f64) {
        self.count(self.metrics.unobserved, TagSetId::EMPTY, seconds);
    }
}

/// A value so many times.
fn times(value: f64, number: u64) -> Trend {
    let mut all = Trend::default();
    let mut power = Trend::of(&[value], &[]);
    let mut rest = number;
    while rest > 0 {
        if rest & 1 == 1 {
            all.merge(&power);
        }
        rest >>= 1;
        if rest > 0 {
            let same = power.clone();
            power.merge(&same);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_so_many_times_is_that_value() {
        for number in [1, 2, 7, 1_000, 123_457] {
            let trend = times(0.3, number);
            assert_eq!(trend.count(), number);
            assert!((trend.sum() - 0.3 * number as f64).abs() < 1e-9 * number as f64);
            assert_eq!((trend.min(), trend.max()), (Some(0.3), Some(0.3)));
        }
        assert_eq!(times(1.0, 0).count(), 0);
    }
}
