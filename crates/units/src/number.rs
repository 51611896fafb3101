//! Plain numbers and counts.

/// What stands where a value cannot be shown: not a number, or infinite.
pub(crate) const NOT_A_VALUE: &str = "–";

/// Numbers from here on are written with an exponent; below, every digit is written out.
pub(crate) const EXPONENT_FROM: f64 = 1e21;

/// A number with at most six decimals and no trailing zeros, its thousands apart: `3.95797`, `1,200`.
pub fn plain(value: f64) -> String {
    decimals(value, 6)
}

/// A whole number with its thousands apart: `1,200`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A number with at most `places` decimals, rounded to the nearest, without trailing zeros, its thousands apart.
pub fn decimals(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    if value.abs() >= EXPONENT_FROM {
        return format!("{value:e}");
    }
    let written = format!("{:.places$}", value.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// A number with at most `places` decimals, cut off instead of rounded: `999.99`, never `1000`.
pub(crate) fn cut_decimals(value: f64, places: i32) -> String {
    decimals(cut(value * 10f64.powi(places)) / 10f64.powi(places), places as usize)
}

/// Drops the fraction, but forgives what binary fractions lose: 301.07 × 100 is 30106.999… in an `f64`.
pub(crate) fn cut(value: f64) -> f64 {
    let nearest = value.round();
    if (value - nearest).abs() <= nearest.abs() * 1e-12 { nearest } else { value.trunc() }
}

/// A number from a text: finite and not negative.
pub(crate) fn read(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && number.is_sign_positive())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
