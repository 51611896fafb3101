//! A threshold: an aggregate of a metric's values, an operator, and a limit.
//!
//! Grammar, with white space allowed between any two parts (k6's, plus units and slopes):
//!
//! ```text
//! threshold  = aggregate operator number [unit] | "slope" order number slope-unit
//! aggregate  = "count" | "rate" | "value" | "avg" | "min" | "max" | "med" | "p(" number ")"
//! operator   = order | "==" | "===" | "!="
//! order      = "<" | "<=" | ">" | ">="
//! unit       = "us" | "ms" | "s" | "m"
//! slope-unit = [amount] "/" ("s" | "min" | "h" | "d")
//! amount     = "B" | "kB" | "MB" | "GB" | "KiB" | "MiB" | "GiB" | unit
//! ```
//!
//! Which aggregates a metric has depends on its kind, and which units on its unit; that is checked where the metric is
//! known, in [`Budgets`](crate::Budgets).

use std::cmp::Ordering;
use std::fmt;

use loadline_measure::MetricKind;

use crate::parse;
use crate::problem::{Fault, Problems};
use crate::slope_unit::SlopeUnit;

/// A condition on a metric: `p(95)<500`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// What is compared.
    pub aggregate: Aggregate,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with.
    pub limit: Limit,
}

/// One figure for all values of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// The sum of a counter's values.
    Count,
    /// The sum of a counter's values per second of the run, or the share of a rate's values that passed.
    Rate,
    /// A gauge's last value.
    Value,
    /// How fast a gauge rises or falls in the steady part of the run.
    Slope,
    /// A trend's mean.
    Avg,
    /// A trend's smallest value.
    Min,
    /// A trend's largest value.
    Max,
    /// A trend's median.
    Med,
    /// A trend's percentile, from 0 to 100.
    Percentile(f64),
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `===`, the same as `==`
    StrictlyEqual,
    /// `!=`
    NotEqual,
}

/// The number of a threshold, with the unit it was written in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The number as it was written.
    pub number: f64,
    /// Its unit; without one it is in the metric's own unit.
    pub unit: Option<LimitUnit>,
}

/// The unit of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// Of a limit on times.
    Time(TimeUnit),
    /// Of a limit on a slope.
    Slope(SlopeUnit),
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `us`
    Microseconds,
    /// `ms`
    Milliseconds,
    /// `s`
    Seconds,
    /// `m`
    Minutes,
}

impl Threshold {
    /// Reads a threshold.
    ///
    /// ```
    /// use loadline_verdict::Threshold;
    /// let threshold = Threshold::parse("p(95) < 0.5s")?;
    /// assert_eq!(threshold.limit.value(), 500.0);
    /// assert!(Threshold::parse("p95<500").is_err());
    /// # Ok::<(), loadline_verdict::Problems>(())
    /// ```
    ///
    /// # Errors
    /// One problem, which says what is wrong where, and how to write it. It has no origin and no
    /// metric: [`Budgets::parse`](crate::Budgets::parse) knows these.
    pub fn parse(source: &str) -> Result<Self, Problems> {
        Self::read(source).map_err(|fault| Problems::one(fault.in_text("", "", source)))
    }

    pub(crate) fn read(source: &str) -> Result<Self, Fault> {
        parse::threshold(source)
    }
}

impl Aggregate {
    /// The fraction of values below a percentile or the median, from 0 to 1; `None` for other aggregates.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::Med => Some(0.5),
            Self::Percentile(percentile) => Some(percentile / 100.0),
            _ => None,
        }
    }

    /// Whether a metric of this kind has the aggregate.
    pub fn fits(self, kind: MetricKind) -> bool {
        match self {
            Self::Count => kind == MetricKind::Counter,
            Self::Rate => matches!(kind, MetricKind::Counter | MetricKind::Rate),
            Self::Value | Self::Slope => kind == MetricKind::Gauge,
            Self::Avg | Self::Min | Self::Max | Self::Med | Self::Percentile(_) => kind == MetricKind::Trend,
        }
    }
}

impl Operator {
    /// All of them, in the order in which messages name them.
    pub const ALL: [Self; 7] = [
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Equal,
        Self::StrictlyEqual,
        Self::NotEqual,
    ];

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::StrictlyEqual => "===",
            Self::NotEqual => "!=",
        }
    }

    /// Whether the condition holds for a value that compares with the limit like this.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Equal | Self::StrictlyEqual => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
        }
    }

    /// Whether it asks for a side of the limit, not for the limit itself.
    pub fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }
}

impl Limit {
    /// The number in the metric's unit: in milliseconds when it was written with a unit of time. A slope's is per hour.
    pub fn value(self) -> f64 {
        match self.unit {
            None => self.number,
            Some(LimitUnit::Time(unit)) => unit.milliseconds(self.number),
            Some(LimitUnit::Slope(unit)) => unit.per_hour(self.number),
        }
    }
}

impl TimeUnit {
    /// All of them, ascending.
    pub const ALL: [Self; 4] = [Self::Microseconds, Self::Milliseconds, Self::Seconds, Self::Minutes];

    /// A number of these in milliseconds.
    pub fn milliseconds(self, number: f64) -> f64 {
        match self {
            Self::Microseconds => number / 1_000.0,
            Self::Milliseconds => number,
            Self::Seconds => number * 1_000.0,
            Self::Minutes => number * 60_000.0,
        }
    }

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.aggregate, self.operator.text(), self.limit)
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => formatter.write_str("count"),
            Self::Rate => formatter.write_str("rate"),
            Self::Value => formatter.write_str("value"),
            Self::Slope => formatter.write_str("slope"),
            Self::Avg => formatter.write_str("avg"),
            Self::Min => formatter.write_str("min"),
            Self::Max => formatter.write_str("max"),
            Self::Med => formatter.write_str("med"),
            Self::Percentile(percentile) => write!(formatter, "p({percentile})"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.number)?;
        self.unit.map_or(Ok(()), |unit| unit.fmt(formatter))
    }
}

impl fmt::Display for LimitUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(unit) => formatter.write_str(unit.text()),
            Self::Slope(unit) => unit.fmt(formatter),
        }
    }
}
