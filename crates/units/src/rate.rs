//! Events per time.

use crate::error::UnitError;
use crate::number::{NOT_A_VALUE, plain, read};

/// Events per second: `3.95797/s`, `5,000/s`.
pub fn per_second(value: f64) -> String {
    if value.is_finite() { format!("{}/s", plain(value)) } else { NOT_A_VALUE.to_owned() }
}

/// Reads a number per time, as events per second: `100/s`, `6000/min`, `10/h`.
///
/// # Errors
/// When it has no unit of these, or no number that is finite and not negative.
pub fn parse_per_second(text: &str) -> Result<f64, UnitError> {
    let read = text.trim().split_once('/').and_then(|(number, unit)| {
        let seconds = match unit.trim() {
            "s" => 1.0,
            "min" | "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        read(number.trim_end()).map(|number| number / seconds)
    });
    read.ok_or_else(|| UnitError::form("a number per time, such as `100/s` or `6000/min`", text))
}
