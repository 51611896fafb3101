//! Times of requests: milliseconds in, a text in the unit that suits them out.

use std::str::FromStr;
use std::time::Duration;

use crate::duration::{duration_text, to_ms};
use crate::error::UnitError;
use crate::number::{EXPONENT_FROM, NOT_A_VALUE, cut_decimals, decimals};

/// The unit in which a summary shows every time (`--summary-time-unit`).
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

impl TimeUnit {
    /// The unit as `--summary-time-unit` writes it; empty for [`TimeUnit::Auto`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
        }
    }
}

impl FromStr for TimeUnit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Auto, Self::Seconds, Self::Milliseconds, Self::Microseconds]
            .into_iter()
            .find(|unit| unit.as_str() == text)
            .ok_or_else(|| UnitError::form("one of the time units `s`, `ms`, `us`", text))
    }
}

/// A time in milliseconds, in the unit that suits it: `301.07µs`, `3.67ms`, `1.33s`, `1m30s`, `2h5m`.
pub fn time(ms: f64) -> String {
    time_with(ms, 2)
}

/// A span of time, as [`time`] writes it.
pub fn time_of(duration: Duration) -> String {
    time(to_ms(duration))
}

/// A time in milliseconds with at most this many decimals, cut off.
pub(crate) fn time_with(ms: f64, places: i32) -> String {
    if ms == f64::INFINITY {
        // What was never answered.
        return "never".to_owned();
    }
    if !ms.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    let sign = if ms < 0.0 { "-" } else { "" };
    let size = ms.abs();
    if size == 0.0 {
        return "0s".to_owned();
    }
    let (amount, unit) = match size {
        // Nobody measures parts of a nanosecond.
        _ if size < 0.001 => {
            return format!("{sign}{}ns", cut_decimals(size * 1e6, if places <= 2 { 0 } else { places }));
        }
        _ if size < 1.0 => (size * 1e3, "µs"),
        _ if size < 1e3 => (size, "ms"),
        _ if size < 60e3 => (size / 1e3, "s"),
        // Past a million years minutes and seconds say nothing, and whole numbers of hours end.
        _ if size > 1e17 => return format!("{sign}{:.3e}h", size / 3_600_000.0),
        // Whole seconds, but where more is asked for: to tell 1m0.004s from 1m.
        _ if places <= 2 => {
            return format!("{sign}{}", duration_text(Duration::from_secs((size / 1e3) as u64)));
        }
        _ => {
            let minutes = (size / 60e3).trunc();
            let seconds = cut_decimals((size - minutes * 60e3) / 1e3, places);
            let minutes = duration_text(Duration::from_secs(minutes as u64 * 60));
            let seconds = if seconds == "0" { String::new() } else { format!("{seconds}s") };
            return format!("{sign}{minutes}{seconds}");
        }
    };
    format!("{sign}{}{unit}", cut_decimals(amount, places))
}

/// A time in milliseconds, in a unit chosen for the whole summary, with two decimals.
pub fn time_in(ms: f64, unit: TimeUnit) -> String {
    let (factor, name) = match unit {
        TimeUnit::Auto => return time(ms),
        TimeUnit::Seconds => (0.001, "s"),
        TimeUnit::Milliseconds => (1.0, "ms"),
        TimeUnit::Microseconds => (1000.0, "µs"),
    };
    let value = ms * factor;
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    if value.abs() >= EXPONENT_FROM {
        return format!("{}{name}", decimals(value, 2));
    }
    format!("{:.2}{name}", value + 0.0)
}
