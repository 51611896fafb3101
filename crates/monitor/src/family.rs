//! Metrics as they were at one moment: what both ways out, text and OTLP, are written from.

use std::borrow::Cow;

/// All that is known under one name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    pub(crate) about: &'static About,
    pub(crate) points: Vec<Point>,
}

/// What a metric is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct About {
    /// In Prometheus's text, with its unit; of a counter, with `_total`.
    pub(crate) prometheus: &'static str,
    /// In OpenTelemetry.
    pub(crate) opentelemetry: &'static str,
    /// In UCUM, as OpenTelemetry has it.
    pub(crate) unit: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Only grows.
    Counter,
    /// A level.
    Gauge,
    /// A level that adds up over label sets and processes, like connections in use.
    Level,
    /// Durations in buckets that end at these bounds.
    Histogram(&'static [f64]),
}

/// One label set and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// With OpenTelemetry's names; in Prometheus's text their dots are underscores.
    pub(crate) labels: Vec<Label>,
    pub(crate) value: Value,
}

/// Name and value.
pub(crate) type Label = (&'static str, Cow<'static, str>);

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    /// The counts of each bucket, not added up, the last of them above all bounds.
    Histogram {
        buckets: Vec<u64>,
        sum: f64,
    },
}

impl Point {
    pub(crate) fn number(labels: Vec<Label>, value: f64) -> Point {
        Point { labels, value: Value::Number(value) }
    }
}
