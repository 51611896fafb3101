//! What a simulation comes to, beside its measurements: decisions, and what it all cost.

use std::fmt;

/// Why a request was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lost {
    /// There was no replica to send it to.
    NoReplica,
    /// Too many waited.
    TurnedAway,
    /// Whoever waited for it gave up.
    GaveUp,
    /// The replica that it was sent to was going and took nothing any more.
    Refused,
    /// The replica that worked on it had no more time.
    CutOff,
}

/// All of them.
pub const LOST: [Lost; 5] = [Lost::NoReplica, Lost::TurnedAway, Lost::GaveUp, Lost::Refused, Lost::CutOff];

impl Lost {
    /// In a word, as a tag's value.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoReplica => "no-replica",
            Self::TurnedAway => "turned-away",
            Self::GaveUp => "gave-up",
            Self::Refused => "refused",
            Self::CutOff => "cut-off",
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoReplica => "no replica was there",
            Self::TurnedAway => "too many waited",
            Self::GaveUp => "they waited too long",
            Self::Refused => "sent to a replica that was going",
            Self::CutOff => "cut off with a replica that had to go",
        })
    }
}

/// A change of the number of replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When, in seconds since the start.
    pub at_s: u64,
    /// From how many.
    pub from: i32,
    /// To how many.
    pub to: i32,
    /// Why, in words.
    pub why: String,
    /// What kept it from more; empty where nothing did.
    pub held_by: String,
    /// After how many seconds as many were ready; none where that never came before the next change.
    pub ready_after_s: Option<u64>,
}

/// What a simulation comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// How long it was, in seconds.
    pub seconds: u64,
    /// Requests that came.
    pub requests: u64,
    /// How many of them were followed one by one; they stand for the others.
    pub followed: u64,
    /// Requests that were lost, by why: as [`LOST`].
    pub lost: [u64; LOST.len()],
    /// Changes of the number of replicas, in their order.
    pub changes: Vec<Change>,
    /// Seconds of replicas that had a node, from then until they were gone.
    pub replica_seconds: f64,
    /// Seconds of nodes, from being asked for.
    pub node_seconds: f64,
    /// The most replicas that were wanted at a time.
    pub most: i32,
    /// Looks at which the autoscaler could not tell.
    pub blind_looks: u64,
    /// Seconds in which the policy wanted more than it may have.
    pub at_most_s: u64,
    /// The highest rate of one replica over a minute, requests per second.
    pub highest_per_replica_s: f64,
}

/// Within how many seconds a change back counts as flapping.
const FLAP_S: u64 = 300;

impl Ledger {
    /// Requests that were lost.
    pub fn all_lost(&self) -> u64 {
        self.lost.iter().sum()
    }

    /// Hours of replicas.
    pub fn replica_hours(&self) -> f64 {
        self.replica_seconds / 3600.0
    }

    /// Hours of nodes.
    pub fn node_hours(&self) -> f64 {
        self.node_seconds / 3600.0
    }

    /// How often it went back on itself within five minutes.
    pub fn flaps(&self) -> usize {
        let turned = |pair: &&[Change]| {
            (pair[0].to > pair[0].from) != (pair[1].to > pair[1].from) && pair[1].at_s - pair[0].at_s < FLAP_S
        };
        self.changes.windows(2).filter(turned).count()
    }

    /// The longest time from a decision for more until as many were ready, in seconds.
    pub fn slowest_scale_up_s(&self) -> Option<u64> {
        let ups = self.changes.iter().filter(|change| change.to > change.from);
        ups.filter_map(|change| change.ready_after_s).max()
    }
}
