//! Figures: the few numbers a run comes to that trends, baselines and comparisons are about.
//!
//! A figure says itself in what it is counted and which way it is better, so that whoever keeps, compares or shows it
//! needs no list of names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One number that a run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is of: `all requests`, an endpoint, a statement.
    pub subject: String,
    /// `p50`, `p95`, `p99`, `max`, `avg`, `rate`, `errors`, `count`, or another word.
    pub quantity: String,
    /// The number, in the scale's unit.
    pub value: f64,
    /// In what it is counted, and which way it is better.
    pub scale: FigureScale,
    /// How many values it stands on.
    pub values: u64,
}

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Latency, errors, memory.
    Lower,
    /// Throughput, hits.
    Higher,
}

/// In what a figure is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FigureUnit {
    /// Milliseconds, with a fraction.
    Milliseconds,
    /// Events per second.
    PerSecond,
    /// A share from 0 to 1. Shares are compared by their difference, because many are zero; all else by its ratio.
    Share,
    /// Bytes.
    Bytes,
    /// A plain number.
    Plain,
    /// A number of something: `replicas`.
    Of(String),
}

/// What a figure is measured by: a unit, and which way is better.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FigureScale {
    /// In what it is counted.
    pub unit: FigureUnit,
    /// Which way it is better.
    pub better: Better,
}

/// A scale's word ends so where more is better and the unit alone does not say it.
const MORE: &str = " ↑";
/// … and so where less is better.
const LESS: &str = " ↓";

impl FigureUnit {
    /// The word behind a number: `ms`, `/s`, `share`, `bytes`, nothing, or its own.
    pub fn word(&self) -> &str {
        match self {
            Self::Milliseconds => "ms",
            Self::PerSecond => "/s",
            Self::Share => "share",
            Self::Bytes => "bytes",
            Self::Plain => "",
            Self::Of(what) => what,
        }
    }

    /// The unit of a word.
    pub fn of(word: &str) -> Self {
        match word {
            "ms" => Self::Milliseconds,
            "/s" => Self::PerSecond,
            "share" => Self::Share,
            "bytes" => Self::Bytes,
            "" => Self::Plain,
            other => Self::Of(other.to_owned()),
        }
    }

    /// Which way is better unless somebody says: of rates more, of all else less.
    fn usually(&self) -> Better {
        if *self == Self::PerSecond { Better::Higher } else { Better::Lower }
    }
}

impl FigureScale {
    /// Milliseconds, the fewer the better.
    pub const LATENCY: Self = Self { unit: FigureUnit::Milliseconds, better: Better::Lower };
    /// Events per second, the more the better.
    pub const THROUGHPUT: Self = Self { unit: FigureUnit::PerSecond, better: Better::Higher };
    /// A share of failures.
    pub const ERRORS: Self = Self { unit: FigureUnit::Share, better: Better::Lower };

    /// Whether figures are compared by their difference, and not by their ratio.
    pub fn by_difference(&self) -> bool {
        self.unit == FigureUnit::Share
    }

    /// The scale in a word, for tables that have one place for it: the unit, and an arrow where the direction is not
    /// the unit's usual one: `ms`, `share`, `share ↑`.
    pub fn word(&self) -> String {
        let arrow = match self.better {
            better if better == self.unit.usually() => "",
            Better::Higher => MORE,
            Better::Lower => LESS,
        };
        format!("{}{arrow}", self.unit.word())
    }

    /// The scale of a word.
    pub fn of(word: &str) -> Self {
        let (unit, better) = match (word.strip_suffix(MORE), word.strip_suffix(LESS)) {
            (Some(unit), _) => (unit, Some(Better::Higher)),
            (_, Some(unit)) => (unit, Some(Better::Lower)),
            _ => (word, None),
        };
        let unit = FigureUnit::of(unit);
        let better = better.unwrap_or_else(|| unit.usually());
        Self { unit, better }
    }
}

impl fmt::Display for FigureScale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_reads_back_from_its_word() {
        let units = ["ms", "/s", "share", "bytes", "", "replicas"].map(FigureUnit::of);
        for unit in units {
            for better in [Better::Lower, Better::Higher] {
                let scale = FigureScale { unit: unit.clone(), better };
                assert_eq!(FigureScale::of(&scale.word()), scale);
            }
        }
    }

    #[test]
    fn the_usual_scales_are_words_without_an_arrow() {
        assert_eq!(
            (FigureScale::of("ms"), FigureScale::LATENCY.word()),
            (FigureScale::LATENCY, "ms".to_owned())
        );
        assert_eq!(
            (FigureScale::of("/s"), FigureScale::THROUGHPUT.word()),
            (FigureScale::THROUGHPUT, "/s".to_owned())
        );
        assert_eq!(
            (FigureScale::of("share"), FigureScale::ERRORS.word()),
            (FigureScale::ERRORS, "share".to_owned())
        );
        let hits = FigureScale { unit: FigureUnit::Share, better: Better::Higher };
        assert_eq!(hits.word(), "share ↑");
    }
}
