//! Two figures of one kind, with as many decimals as it takes to tell them apart.

use crate::bytes::bytes_with;
use crate::number::decimals;
use crate::time::time_with;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// A number without a unit.
    Plain,
    /// Milliseconds.
    Time,
    /// Bytes.
    Bytes,
}

/// The decimals of a pair that cannot be told apart.
const MOST_DECIMALS: i32 = 12;

/// Both figures in their unit, with two decimals or as many as it takes: `500.0004ms` beside `500ms`.
pub fn apart(left: f64, right: f64, scale: Scale) -> (String, String) {
    let write = |value: f64, places: i32| match scale {
        Scale::Plain => decimals(value, places as usize),
        Scale::Time => time_with(value, places),
        Scale::Bytes => bytes_with(value, places),
    };
    let fewest = if scale == Scale::Plain { 4 } else { 2 };
    let mut texts = (write(left, fewest), write(right, fewest));
    for places in fewest..=MOST_DECIMALS {
        texts = (write(left, places), write(right, places));
        if left == right || texts.0 != texts.1 {
            break;
        }
    }
    texts
}
