//! A receiver as people type it: `prometheus`, `prometheus=http://host:9090`.

use std::fmt;

/// Which form a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prometheus' remote write, which many databases take.
    Prometheus,
    /// OpenTelemetry's metrics.
    OpenTelemetry,
    /// `InfluxDB`'s lines.
    Influxdb,
    /// Datagrams of `StatsD`.
    Statsd,
}

/// Where a run is sent, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Its form.
    pub kind: Kind,
    /// Its address, unless it comes from a variable or is the usual one.
    pub address: Option<String>,
}

/// What k6 calls them too, and what we call them.
const NAMES: [(&str, Kind); 8] = [
    ("prometheus", Kind::Prometheus),
    ("experimental-prometheus-rw", Kind::Prometheus),
    ("opentelemetry", Kind::OpenTelemetry),
    ("experimental-opentelemetry", Kind::OpenTelemetry),
    ("influxdb", Kind::Influxdb),
    ("xk6-influxdb", Kind::Influxdb),
    ("statsd", Kind::Statsd),
    ("output-statsd", Kind::Statsd),
];

impl Kind {
    /// The kind of this name, k6's names among them.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Our name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::OpenTelemetry => "opentelemetry",
            Self::Influxdb => "influxdb",
            Self::Statsd => "statsd",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
