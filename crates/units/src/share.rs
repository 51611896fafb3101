//! Shares of a whole: written in percent, read in percent.

use crate::error::UnitError;
use crate::number::{EXPONENT_FROM, NOT_A_VALUE, count, cut, decimals, read};

/// A share smaller than these can show is as good as none.
const MOST_DECIMALS: i32 = 11;

/// Reads a share in percent, as a number from 0 to 1: `5%`, `99.5%`.
///
/// # Errors
/// When the text has no `%`, or no number from 0 to 100.
pub fn parse_share(text: &str) -> Result<f64, UnitError> {
    text.trim()
        .strip_suffix('%')
        .and_then(|number| read(number.trim_end()))
        .filter(|percent| *percent <= 100.0)
        .map(|percent| percent / 100.0)
        .ok_or_else(|| UnitError::form("a share in percent, such as `1%` or `99.5%`", text))
}

/// Reads a share as a number from 0 to 1, or in percent: `0.02`, `2%`.
///
/// # Errors
/// When the text is neither.
pub fn parse_fraction(text: &str) -> Result<f64, UnitError> {
    let plain = read(text.trim()).filter(|share| *share <= 1.0);
    plain
        .or_else(|| parse_share(text).ok())
        .ok_or_else(|| UnitError::form("a share such as `2%`, or a number from 0 to 1", text))
}

/// A share of 1 as a percentage with two decimals, cut off; says `0.00%` and `100.00%` only when it is.
///
/// A small share has as many decimals as it takes to differ from nothing: one request of a million that failed is
/// `0.0001%`.
pub fn percent(share: f64) -> String {
    percent_with(share, 2)
}

/// A share as a percentage with this many decimals, or more where it takes more to differ from nothing.
pub(crate) fn percent_with(share: f64, fewest: i32) -> String {
    if !share.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    if share.abs() * 100.0 >= EXPONENT_FROM {
        return format!("{:e}%", share * 100.0);
    }
    for places in fewest..=MOST_DECIMALS.max(fewest) {
        let scale = 10f64.powi(places);
        let cut = cut(share * 100.0 * scale);
        if cut != 0.0 || share == 0.0 {
            // Adding zero turns -0 into 0.
            return format!("{:.*}%", places as usize, cut / scale + 0.0);
        }
    }
    format!("{:.*}%", fewest as usize, 0.0)
}

/// The whole percents of a share, cut off, where figures change too fast to be read: `42%`.
pub fn whole_percent(share: f64) -> String {
    if share.is_finite() { format!("{}%", decimals(cut(share * 100.0), 0)) } else { NOT_A_VALUE.to_owned() }
}

/// How much something has changed, as a share of what it was: `+4.2%`.
pub fn percent_change(share: f64) -> String {
    if share.is_finite() { format!("{:+.1}%", cut(share * 1e3) / 10.0 + 0.0) } else { NOT_A_VALUE.to_owned() }
}

/// A part of a whole in percent; of nothing, 0 %.
pub fn percent_of(part: u64, whole: u64) -> String {
    percent(share_of(part, whole))
}

/// A part of a whole, from 0 to 1; of nothing, 0.
pub fn share_of(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A part of a whole, with both counts: `99.50% 199 out of 200`.
pub fn out_of(part: u64, whole: u64) -> String {
    format!("{} {} out of {}", percent_of(part, whole), count(part), count(whole))
}
