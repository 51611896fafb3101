//! Durations as people write them: `24m`, `1h30m`, `1m30s`, `500ms`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::error::UnitError;
use crate::number;

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

/// As minutes are often written; k6 does not know it.
const MINUTES: (&str, u64) = ("min", 60_000_000_000);

/// The largest duration that is read: a century, so that no sum of durations can overflow.
pub const MAX_DURATION: Duration = Duration::from_nanos(MAX_NS);
const MAX_NS: u64 = 100 * 365 * 86_400_000_000_000;

/// Reads a duration with its unit: `1m30s`, `500ms`, `1.5h`, `1d`, `500 ms`. Zero needs none.
///
/// # Errors
/// When the text has no unit, is not a duration, is negative, or longer than a century.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let trimmed = text.trim();
    if trimmed != "0" && trimmed.parse::<f64>().is_ok_and(|number| number >= 0.0) {
        return Err(UnitError::no_unit(trimmed));
    }
    read(trimmed)
        .or_else(|| read_apart(trimmed))
        .ok_or_else(|| UnitError::form("a duration such as `1m30s` or `500ms`", text))
}

/// Reads a time with its unit, in milliseconds: `500ms`, `1.5s`. Zero needs its unit, too, as a limit does.
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_time(text: &str) -> Result<f64, UnitError> {
    let trimmed = text.trim();
    if number::read(trimmed).is_some() {
        Err(UnitError::no_unit(trimmed))
    } else {
        parse_duration(text).map(to_ms)
    }
}

/// Reads an age: a duration with its unit, weeks included: `12h`, `30d`, `8w`.
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_age(text: &str) -> Result<Duration, UnitError> {
    let trimmed = text.trim();
    let read = match trimmed.strip_suffix('w') {
        Some(weeks) => number::read(weeks.trim_end()).and_then(|weeks| from_ms(weeks * 7.0 * 86_400_000.0)),
        None if trimmed == "0" => None,
        None => parse_duration(trimmed).ok(),
    };
    read.ok_or_else(|| UnitError::form("an age such as `12h`, `30d` or `8w`", text))
}

/// One number and one unit, which may stand apart: `500 ms`, `1e3ms`, `5min`.
fn read_apart(text: &str) -> Option<Duration> {
    let (unit, nanoseconds) = [MINUTES].iter().chain(UNITS).find(|(unit, _)| text.ends_with(unit))?;
    let number = number::read(text[..text.len() - unit.len()].trim_end())?;
    from_ms(number * (*nanoseconds as f64 / 1e6))
}

/// Reads a duration; a number without a unit is milliseconds, as in k6.
///
/// # Errors
/// When the text is not a duration, is negative, or longer than a century.
pub fn parse_duration_or_ms(text: &str) -> Result<Duration, UnitError> {
    const WANTED: &str = "a duration such as `1m30s` or `500ms`, or a number of milliseconds";
    let trimmed = text.trim();
    let duration = match trimmed.parse::<f64>() {
        Ok(ms) => from_ms(ms),
        Err(_) => read(trimmed),
    };
    duration.ok_or_else(|| UnitError::form(WANTED, text))
}

/// A number of milliseconds as a duration; `None` when it is negative, not a number, or longer than a century.
pub fn from_ms(ms: f64) -> Option<Duration> {
    let nanoseconds = ms * 1e6;
    (nanoseconds >= 0.0 && nanoseconds <= MAX_NS as f64)
        .then(|| Duration::from_nanos(nanoseconds.round() as u64))
}

/// A duration in milliseconds, as exact as a float is.
pub fn to_ms(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// The shortest usual text, which reads back as the same duration: `24m`, `1m30s`, `1s500ms`.
pub fn duration_text(duration: Duration) -> String {
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

/// The time of a test, in whole seconds of constant shape: `0m05s`, `24m00s`, `1h05m00s`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}h{minutes:02}m{seconds:02}s") } else { format!("{minutes}m{seconds:02}s") }
}

fn read(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
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
