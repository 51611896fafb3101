//! A receiver as people type it: `prometheus`, `prometheus=http://host:9090`.

use std::fmt;

/// Which form a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prometheus' remote write, which many databases take.
    Prometheus,
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
const NAMES: [(&str, Kind); 2] =
    [("prometheus", Kind::Prometheus), ("experimental-prometheus-rw", Kind::Prometheus)];

impl Kind {
    /// The kind of this name, k6's names among them.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Our name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
