//! Metrics: a name, what its values mean when put together, and their unit.
//!
//! The four kinds are k6's, because scripts define them by these names. The unit is k6's `contains`.

use loadline_units::Scale;
use serde::{Deserialize, Serialize};

/// What the values of a metric mean when put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Values add up.
    Counter,
    /// The last value counts; the smallest and largest are kept.
    Gauge,
    /// The share of values that are not zero.
    Rate,
    /// A distribution: average, percentiles, extremes.
    Trend,
}

impl MetricKind {
    /// The kind's name in scripts and outputs: `counter`, `gauge`, `rate` or `trend`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Trend => "trend",
        }
    }
}

impl std::fmt::Display for MetricKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A plain number.
    Plain,
    /// Milliseconds, with a fraction.
    Milliseconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// k6's word for the unit in its `contains` field: `default`, `time` or `data`.
    pub fn contains(self) -> &'static str {
        match self {
            Self::Plain => "default",
            Self::Milliseconds => "time",
            Self::Bytes => "data",
        }
    }
}

impl From<Unit> for Scale {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Plain => Self::Plain,
            Unit::Milliseconds => Self::Time,
            Unit::Bytes => Self::Bytes,
        }
    }
}

/// A metric's definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Unique in its [`Schema`](crate::Schema); `^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`.
    pub name: String,
    /// What its values mean when put together.
    pub kind: MetricKind,
    /// The unit of its values.
    pub unit: Unit,
}

/// A metric of one [`Schema`](crate::Schema): small, copied everywhere, meaningless in another schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub(crate) u32);

impl MetricId {
    /// The position in the schema's list of metrics, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
