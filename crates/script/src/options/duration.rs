//! Durations as k6 writes them: `1m30s`, `500ms`, `1.5h`, `1d`, or a number of milliseconds.

use std::{fmt::Write as _, time::Duration};

/// Units and their nanoseconds, longer names first where one begins with another.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

/// The largest duration that is read: a century, so that no sum of durations can overflow.
const MAX_NS: u64 = 100 * 365 * 86_400_000_000_000;

/// A text that is no duration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is no duration; write one such as `1m30s` or `500ms`, or a number of milliseconds")]
pub struct DurationError {
    /// The text.
    pub text: String,
}

/// Reads a duration: `1m30s`, `500ms`, `1.5h`, `1d`; a number without a unit is milliseconds, as in k6.
///
/// # Errors
/// When the text is no duration, is negative, or longer than a century.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    parse(text).ok_or_else(|| DurationError { text: text.to_owned() })
}

/// Reads a duration; `None` when the text is none, or is negative.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(ms) = text.parse::<f64>() {
        return from_ms(ms);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (unit, nanoseconds) = UNITS.iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        let number = &rest[..digits];
        // Whole numbers stay exact; fractions are as exact as a float is.
        let part = match number.parse::<u64>() {
            Ok(whole) => whole.checked_mul(*nanoseconds)?,
            Err(_) => (number.parse::<f64>().ok()? * *nanoseconds as f64).round() as u64,
        };
        total = total.checked_add(part)?;
        rest = &rest[digits + unit.len()..];
    }
    (!text.is_empty() && total <= MAX_NS).then(|| Duration::from_nanos(total))
}

/// A number of milliseconds as a duration; `None` when it is negative or no number.
pub(crate) fn from_ms(ms: f64) -> Option<Duration> {
    let nanoseconds = ms * 1e6;
    (nanoseconds >= 0.0 && nanoseconds <= MAX_NS as f64)
        .then(|| Duration::from_nanos(nanoseconds.round() as u64))
}

/// The shortest usual text, which reads back as the same duration.
pub(crate) fn text(duration: Duration) -> String {
    let ns = duration.as_nanos();
    let parts = [
        (ns / 3_600_000_000_000, "h"),
        (ns / 60_000_000_000 % 60, "m"),
        (ns / 1_000_000_000 % 60, "s"),
        (ns / 1_000_000 % 1_000, "ms"),
        (ns / 1_000 % 1_000, "us"),
        (ns % 1_000, "ns"),
    ];
    let mut text = String::new();
    for (value, unit) in parts.iter().filter(|(value, _)| *value > 0) {
        // Writing to a string does not fail.
        let _ = write!(text, "{value}{unit}");
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{parse, text};

    #[test]
    fn texts_and_their_milliseconds() {
        let table = [
            ("30s", Some(30_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1.5h", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("1h0m0s", Some(3_600_000)),
            ("2000us", Some(2)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("1500", Some(1_500)),
            (" 10s ", Some(10_000)),
            ("", None),
            ("10x", None),
            ("s", None),
            ("-5s", None),
            ("-5", None),
            ("1m 30s", None),
            ("10s5", None),
            ("1e30h", None),
            ("99999999999d", None),
            ("NaN", None),
            ("inf", None),
            ("1..5s", None),
        ];
        for (text, ms) in table {
            assert_eq!(parse(text), ms.map(Duration::from_millis), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ns in 0u64..10_000_000_000_000_000) {
            let duration = Duration::from_nanos(ns);
            prop_assert_eq!(parse(&text(duration)), Some(duration));
        }
    }
}
