//! Durations: of requests (with two decimals, unit by size or fixed) and of tests (whole seconds).

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use super::number::{NOT_A_VALUE, cut_to_hundredths, decimals};

/// The unit in which a summary shows every duration (`--summary-time-unit`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// The unit that suits each value: `301.07µs`, `3.67ms`, `1m30s`.
    #[default]
    Auto,
    /// Seconds with two decimals.
    Seconds,
    /// Milliseconds with two decimals.
    Milliseconds,
    /// Microseconds with two decimals.
    Microseconds,
}

/// A name of a unit that is none of `s`, `ms`, `us`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown time unit `{0}`: use one of `s`, `ms`, `us`")]
pub struct TimeUnitError(String);

impl TimeUnit {
    /// The unit as `--summary-time-unit` writes it; empty for [`TimeUnit::Auto`].
    pub fn as_str(self) -> &'static str {
        match self {
            TimeUnit::Auto => "",
            TimeUnit::Seconds => "s",
            TimeUnit::Milliseconds => "ms",
            TimeUnit::Microseconds => "us",
        }
    }
}

impl FromStr for TimeUnit {
    type Err = TimeUnitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(TimeUnit::Auto),
            "s" => Ok(TimeUnit::Seconds),
            "ms" => Ok(TimeUnit::Milliseconds),
            "us" => Ok(TimeUnit::Microseconds),
            other => Err(TimeUnitError(other.to_owned())),
        }
    }
}

/// A duration in milliseconds, in the unit that suits it: `301.07µs`, `3.67ms`, `1.33s`, `1m30s`, `2h5m0s`.
///
/// Cut off rather than rounded, so that 999.999 ms does not become `1000ms`.
pub fn duration(ms: f64) -> String {
    if !ms.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    let sign = if ms < 0.0 { "-" } else { "" };
    let size = ms.abs();
    if size == 0.0 {
        return "0s".to_owned();
    }
    if size < 0.001 {
        return format!("{sign}{}ns", (size * 1e6).trunc());
    }
    if size < 1.0 {
        return format!("{sign}{}µs", cut_to_hundredths(size * 1000.0));
    }
    if size < 1000.0 {
        return format!("{sign}{}ms", cut_to_hundredths(size));
    }
    if size < 60_000.0 {
        return format!("{sign}{}s", cut_to_hundredths(size / 1000.0));
    }
    // Past a million years minutes and seconds say nothing, and whole numbers of hours end.
    if size > 1e17 {
        return format!("{sign}{:.3e}h", size / 3_600_000.0);
    }
    format!("{sign}{}", hours_minutes_seconds((size / 1000.0) as u64))
}

/// A duration in milliseconds, in a unit chosen for the whole summary.
pub fn duration_in(ms: f64, unit: TimeUnit) -> String {
    let (factor, name) = match unit {
        TimeUnit::Auto => return duration(ms),
        TimeUnit::Seconds => (0.001, "s"),
        TimeUnit::Milliseconds => (1.0, "ms"),
        TimeUnit::Microseconds => (1000.0, "µs"),
    };
    let value = ms * factor;
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    if value.abs() >= 1e21 {
        return format!("{}{name}", decimals(value, 2));
    }
    format!("{:.2}{name}", value + 0.0)
}

/// The time of a test, in whole seconds of constant shape: `0m05s`, `24m00s`, `1h05m00s`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}h{minutes:02}m{seconds:02}s") } else { format!("{minutes}m{seconds:02}s") }
}

fn hours_minutes_seconds(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    let _ = write!(text, "{minutes}m{seconds}s");
    text
}
