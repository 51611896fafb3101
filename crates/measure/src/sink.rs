//! What the values of one series come to. Sinks merge: the result is the same as if one had seen all values.

use crate::metric::MetricKind;
use crate::trend::Trend;

/// Values that add up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counter {
    /// The sum of the values.
    pub sum: f64,
    /// How many values there were.
    pub count: u64,
}

/// Values of which the last counts.
///
/// "Last" is by the time of recording, then by the recorder's own sequence, then by value, so that merging has the
/// same result in any order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauge {
    /// The last value.
    pub last: f64,
    /// When it was recorded, in nanoseconds since 1970 UTC; 0 when the recorder was never told the time.
    pub time_unix_ns: i64,
    /// Its place among the values of its recorder.
    pub sequence: u64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// Values that pass or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// Values that were not zero.
    pub passes: u64,
    /// All values.
    pub total: u64,
}

/// What the values of one series come to, by the kind of its metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Sink {
    /// See [`Counter`].
    Counter(Counter),
    /// See [`Gauge`].
    Gauge(Gauge),
    /// See [`Rate`].
    Rate(Rate),
    /// See [`Trend`].
    Trend(Trend),
}

impl Counter {
    /// Adds a value.
    pub fn record(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub(crate) fn record_many(&mut self, value: f64, times: u64) {
        self.sum += value * times as f64;
        self.count += times;
    }

    /// Adds all values of another counter.
    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

impl Gauge {
    /// A gauge with one value.
    pub fn new(value: f64, time_unix_ns: i64, sequence: u64) -> Self {
        Self { last: value, time_unix_ns, sequence, min: value, max: value }
    }

    /// Adds all values of another gauge.
    pub fn merge(&mut self, other: &Self) {
        let later = (self.time_unix_ns, self.sequence)
            .cmp(&(other.time_unix_ns, other.sequence))
            .then_with(|| self.last.total_cmp(&other.last))
            .is_lt();
        if later {
            self.last = other.last;
            self.time_unix_ns = other.time_unix_ns;
            self.sequence = other.sequence;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

impl Rate {
    /// Adds a value, which passes unless it is zero.
    pub fn record(&mut self, value: f64) {
        self.passes += u64::from(value != 0.0);
        self.total += 1;
    }

    pub(crate) fn record_many(&mut self, value: f64, times: u64) {
        self.passes += if value == 0.0 { 0 } else { times };
        self.total += times;
    }

    /// Adds all values of another rate.
    pub fn merge(&mut self, other: &Self) {
        self.passes += other.passes;
        self.total += other.total;
    }

    /// Values that were zero.
    pub fn fails(&self) -> u64 {
        self.total - self.passes
    }

    /// The share of values that passed, from 0 to 1.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| self.passes as f64 / self.total as f64)
    }
}

impl Sink {
    /// The kind of metric whose values these are.
    pub fn kind(&self) -> MetricKind {
        match self {
            Self::Counter(_) => MetricKind::Counter,
            Self::Gauge(_) => MetricKind::Gauge,
            Self::Rate(_) => MetricKind::Rate,
            Self::Trend(_) => MetricKind::Trend,
        }
    }

    /// Adds all values of another sink.
    ///
    /// # Panics
    /// When the kinds differ: a metric has one kind, and sinks of different metrics have nothing to merge.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Counter(ours), Self::Counter(theirs)) => ours.merge(theirs),
            (Self::Gauge(ours), Self::Gauge(theirs)) => ours.merge(theirs),
            (Self::Rate(ours), Self::Rate(theirs)) => ours.merge(theirs),
            (Self::Trend(ours), Self::Trend(theirs)) => ours.merge(theirs),
            (ours, theirs) => panic!("a {} cannot take the values of a {}", ours.kind(), theirs.kind()),
        }
    }

    /// How many values there were; a gauge does not count and says 1.
    pub fn count(&self) -> u64 {
        match self {
            Self::Counter(counter) => counter.count,
            Self::Gauge(_) => 1,
            Self::Rate(rate) => rate.total,
            Self::Trend(trend) => trend.count(),
        }
    }

    /// The counter, if it is one.
    pub fn as_counter(&self) -> Option<&Counter> {
        if let Self::Counter(counter) = self { Some(counter) } else { None }
    }

    /// The gauge, if it is one.
    pub fn as_gauge(&self) -> Option<&Gauge> {
        if let Self::Gauge(gauge) = self { Some(gauge) } else { None }
    }

    /// The rate, if it is one.
    pub fn as_rate(&self) -> Option<&Rate> {
        if let Self::Rate(rate) = self { Some(rate) } else { None }
    }

    /// The trend, if it is one.
    pub fn as_trend(&self) -> Option<&Trend> {
        if let Self::Trend(trend) = self { Some(trend) } else { None }
    }
}
