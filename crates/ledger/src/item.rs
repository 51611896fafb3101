//! One line of an account.

use std::fmt;

use loadline_measure::Phase;
use serde::{Serialize, Serializer};

/// What time went to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// What the client saw. [`Phase::Waiting`] is that of requests of which no server has told anything.
    Phase(Phase),
    /// A part of the server, by the name that it has told.
    Part(String),
    /// What servers told of comes to more than was waited, because parts went on at the same time, or because the
    /// server rounds: below zero, by how much.
    Overlap,
    /// What is left of the waiting where a server has told of itself: the network, and what it did not tell.
    Untold,
}

impl What {
    /// Whether it is part of what a server has told.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Part(_) | Self::Overlap)
    }

    /// Whether it comes to the response time, as everything does that is not before it in a closed model.
    pub fn is_counted(&self) -> bool {
        !matches!(self, Self::Phase(phase) if !phase.is_counted())
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase) => formatter.write_str(phase.words()),
            // Without what is in parts within it.
            Self::Part(name) if name == "total" => formatter.write_str("server: everything else"),
            Self::Part(name) => write!(formatter, "server: {name}"),
            Self::Overlap => formatter.write_str("server: told too much"),
            Self::Untold => formatter.write_str("rest of waiting"),
        }
    }
}

impl Serialize for What {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How much time something took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What.
    pub what: What,
    /// How long, in milliseconds a request on average.
    #[serde(rename = "ms")]
    pub mean_ms: f64,
}
