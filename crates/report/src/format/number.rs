//! Plain numbers, counts, shares and rates.
//!
//! Shares are cut off rather than rounded: 99.999 % must not be shown as 100.00 % when one request failed.

/// What stands where a value cannot be shown: not a number, or infinite.
pub(super) const NOT_A_VALUE: &str = "–";

/// Numbers from here on are written with an exponent; below, every digit is written out.
const EXPONENT_FROM: f64 = 1e21;

/// A number with at most six decimals and no trailing zeros: `3.95797`, `4`.
pub fn plain(value: f64) -> String {
    decimals(value, 6)
}

/// A whole number, as it is: `1200`.
pub fn count(value: u64) -> String {
    value.to_string()
}

/// Events per second: `3.95797/s`.
pub fn per_second(value: f64) -> String {
    if value.is_finite() { format!("{}/s", plain(value)) } else { NOT_A_VALUE.to_owned() }
}

/// A share of 1 as a percentage with two decimals, cut off: `99.99%`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    let hundredths = cut(share * 10_000.0);
    if hundredths.abs() >= EXPONENT_FROM {
        return format!("{:e}%", hundredths / 100.0);
    }
    // Adding zero turns -0 into 0.
    format!("{:.2}%", hundredths / 100.0 + 0.0)
}

/// A number with at most `places` decimals, rounded, without trailing zeros.
pub(super) fn decimals(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    if value.abs() >= EXPONENT_FROM {
        return format!("{value:e}");
    }
    let written = format!("{value:.places$}");
    let written = if written.contains('.') {
        written.trim_end_matches('0').trim_end_matches('.')
    } else {
        written.as_str()
    };
    if written == "-0" { "0".to_owned() } else { written.to_owned() }
}

/// A number with at most two decimals, cut off instead of rounded: `999.99`, never `1000`.
pub(super) fn cut_to_hundredths(value: f64) -> String {
    decimals(cut(value * 100.0) / 100.0, 2)
}

/// Drops the fraction, but forgives what binary fractions lose: 301.07 × 100 is 30106.999… in an `f64`.
fn cut(value: f64) -> f64 {
    let nearest = value.round();
    if (value - nearest).abs() <= nearest.abs() * 1e-12 { nearest } else { value.trunc() }
}
