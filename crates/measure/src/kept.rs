//! What is kept of a run beside the run itself: how it was judged, and what a list tells of it.
//!
//! A judge concludes, a history keeps, a table shows: all three speak of these.

use std::collections::BTreeMap;
use std::fmt;

use crate::completeness::Completeness;
use crate::figure::Figure;

/// One run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number in its history, from 1.
    pub id: i64,
    /// When it started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// What was run.
    pub name: String,
    /// What has to be the same for two runs to be comparable; empty when it is not known.
    pub fingerprint: String,
    /// What started when, as text.
    pub plan: String,
    /// The commit that was tested.
    pub commit: String,
    /// Its branch.
    pub branch: String,
    /// The version of the system under test.
    pub target_version: String,
    /// The machine that made the load.
    pub host: String,
    /// How it came to be here.
    pub state: RunState,
    /// How long it ran, in milliseconds; of an unfinished run, how many seconds are there.
    pub duration_ms: u64,
    /// How it was judged.
    pub outcome: Judgement,
    /// The judgement in words.
    pub words: String,
    /// Whether the generator was saturated, so that no judgement can be trusted.
    pub saturated: bool,
    /// Whatever was written onto it.
    pub annotations: BTreeMap<String, String>,
}

impl RunState {
    /// Whether such a run is whole: its figures are those of all of it, and others may be held against them.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Finished | Self::Imported)
    }

    /// How a run is kept that is not recorded any more, by what there is of it.
    pub fn of_run(completeness: &Completeness, whole: Self) -> Self {
        match completeness {
            Completeness::Complete => whole,
            Completeness::Interrupted { .. } => Self::Interrupted,
            _ => Self::Crashed,
        }
    }
}

/// How a run came to be in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunState {
    /// It was recorded to its end.
    Finished,
    /// It is still going on, or its process crashed and nobody has looked since.
    Unfinished,
    /// Its process ended without an ending, or it came from a file without one: it is there up to its last second.
    Crashed,
    /// It came to an end before its time.
    Interrupted,
    /// It came from a file.
    Imported,
    /// What is kept of it is not what was written: nothing is known of it but its number.
    Damaged,
}

/// How a run was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// Everything that was asked for held.
    Passed,
    /// Something did not hold.
    Failed,
    /// It cannot be told.
    Inconclusive,
    /// Nothing was judged.
    #[default]
    Unknown,
}

/// What is kept of a run beside itself when it is over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conclusion {
    /// How it was judged.
    pub outcome: Judgement,
    /// The judgement in words.
    pub words: String,
    /// Its figures; one that is not finite is left out.
    pub figures: Vec<Figure>,
}

/// A figure of one run, in a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigurePoint {
    /// The run's number in its history.
    pub run: i64,
    /// When it started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// The figure.
    pub value: f64,
    /// How many values it stands on.
    pub values: u64,
}

/// Words that stand for one of a few things, in the database and in lists.
macro_rules! words {
    ($type:ident { $($variant:ident: $word:literal),* }) => {
        impl $type {
            /// The word for it.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What the word stands for.
            pub fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words!(RunState {
    Finished: "finished",
    Unfinished: "unfinished",
    Crashed: "crashed",
    Interrupted: "interrupted",
    Imported: "imported",
    Damaged: "damaged"
});
words!(Judgement { Passed: "passed", Failed: "failed", Inconclusive: "inconclusive", Unknown: "unknown" });
