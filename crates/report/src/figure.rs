//! A metric's figure, by its kind and unit.

use loadline_measure::{MetricKind, Unit};
use loadline_units::{self as units, Scale, TimeUnit};

/// A figure of a metric: a share as a percentage, times and bytes with their unit.
pub(crate) fn figure(value: f64, kind: MetricKind, unit: Unit, time_unit: TimeUnit) -> String {
    match scale(kind, unit) {
        Scale::Time => units::time_in(value, time_unit),
        scale => scale.text(value),
    }
}

/// What a metric's figures are of.
pub(crate) fn scale(kind: MetricKind, unit: Unit) -> Scale {
    if kind == MetricKind::Rate { Scale::Share } else { unit.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_says_more_than_the_unit() {
        assert_eq!(figure(0.5, MetricKind::Rate, Unit::Plain, TimeUnit::Auto), "50.00%");
        assert_eq!(figure(1500.0, MetricKind::Trend, Unit::Milliseconds, TimeUnit::Auto), "1.5s");
        assert_eq!(
            figure(1500.0, MetricKind::Trend, Unit::Milliseconds, TimeUnit::Milliseconds),
            "1500.00ms"
        );
        assert_eq!(figure(1500.0, MetricKind::Counter, Unit::Bytes, TimeUnit::Auto), "1.5 kB");
    }
}
