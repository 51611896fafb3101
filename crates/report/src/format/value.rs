//! A metric's value by its kind and unit.

use loadline_measure::{MetricKind, Unit};

use super::duration::{TimeUnit, duration_in};
use super::number::{count, percent, plain};

/// A value of a metric as a person reads it: a share as a percentage, times and bytes with their unit.
pub fn value(value: f64, kind: MetricKind, unit: Unit, time_unit: TimeUnit) -> String {
    match (kind, unit) {
        (MetricKind::Rate, _) => percent(value),
        (_, Unit::Milliseconds) => duration_in(value, time_unit),
        (_, Unit::Bytes) => super::bytes(value),
        (_, Unit::Plain) => plain(value),
    }
}

/// How often a rate was true, with the counts it stands on: `99.50% 199 out of 200`.
pub fn rate_of(passes: u64, total: u64) -> String {
    let share = if total == 0 { 0.0 } else { passes as f64 / total as f64 };
    format!("{} {} out of {}", percent(share), count(passes), count(total))
}
