//! What a figure is of, where one function writes figures of all kinds.

use crate::bytes::{binary, bytes_with};
use crate::number::decimals;
use crate::share::percent_with;
use crate::time::time_with;

/// What a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// A number without a unit.
    Plain,
    /// Milliseconds.
    Time,
    /// Bytes.
    Bytes,
    /// A share of 1.
    Share,
}

/// The decimals of a pair that cannot be told apart.
const MOST_DECIMALS: i32 = 12;
/// The decimals of a limit: nobody writes more.
const DECIMALS_OF_A_LIMIT: i32 = 6;

impl Scale {
    /// A figure in its unit: `1,200.5`, `2.85ms`, `1.23 MB`, `99.58%`.
    pub fn text(self, value: f64) -> String {
        self.with(value, if self == Self::Plain { DECIMALS_OF_A_LIMIT } else { 2 })
    }

    /// A figure that somebody chose, with all its decimals and no more: `1%`, `500.125ms`.
    pub fn exact(self, value: f64) -> String {
        match self {
            Self::Share if value.is_finite() => {
                format!("{}%", decimals(value * 100.0, DECIMALS_OF_A_LIMIT as usize))
            }
            Self::Bytes => binary(value).unwrap_or_else(|| self.with(value, DECIMALS_OF_A_LIMIT)),
            _ => self.with(value, DECIMALS_OF_A_LIMIT),
        }
    }

    fn with(self, value: f64, places: i32) -> String {
        match self {
            Self::Plain => decimals(value, places as usize),
            Self::Time => time_with(value, places),
            Self::Bytes => bytes_with(value, places),
            Self::Share => percent_with(value, places),
        }
    }
}

/// Both figures in their unit, with two decimals or as many as it takes: `500.0004ms` beside `500ms`.
pub fn apart(left: f64, right: f64, scale: Scale) -> (String, String) {
    let fewest = if scale == Scale::Plain { 4 } else { 2 };
    let mut texts = (scale.with(left, fewest), scale.with(right, fewest));
    for places in fewest..=MOST_DECIMALS {
        if left == right || texts.0 != texts.1 {
            break;
        }
        texts = (scale.with(left, places), scale.with(right, places));
    }
    texts
}
