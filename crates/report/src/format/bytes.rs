//! Amounts of data, in powers of 1000 as networks count them.

use super::number::{NOT_A_VALUE, decimals};

const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// Bytes with a unit: `7 B`, `1.2 MB`, `34 kB`. One decimal below ten of a unit, none above.
pub fn bytes(value: f64) -> String {
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let mut amount = value.abs();
    if amount < 10.0 {
        return format!("{sign}{} B", decimals(amount, 1));
    }
    let mut unit = 0;
    // 999.5 kB would round to `1000 kB`: it is already 1.0 MB.
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let name = UNITS[unit];
    if amount >= 1e6 {
        return format!("{sign}{amount:e} {name}");
    }
    let tenths = (amount * 10.0).round() / 10.0;
    if tenths < 10.0 && unit > 0 {
        format!("{sign}{tenths:.1} {name}")
    } else {
        format!("{sign}{amount:.0} {name}")
    }
}
