//! What is said of a series: values at times, under names.

use loadline_measure::{Histogram, Sink, Trend};
use loadline_report::TrendStat;

use super::identity::{Identity, Text};
use super::names::Names;
use super::native::native;
use super::trends::Stat;
use super::wire::{self, Sample, Type};
use crate::accumulated::{MS_PER_S, Total};

/// Prometheus' number for: nothing more is to come.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// A series and its values.
pub(super) struct Point<'a> {
    pub(super) name: &'a Text,
    /// All labels but the name.
    pub(super) labels: &'a [(Text, Text)],
    pub(super) values: Values,
    pub(super) kind: Type,
    pub(super) unit: &'static str,
}

/// Values at times, ascending.
pub(super) enum Values {
    Numbers(Vec<Sample>),
    Histograms(Vec<wire::Histogram>),
}

/// When something is said, in milliseconds since 1970 UTC.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// What is said is as of now.
    pub(super) now_ms: i64,
    /// When something was said last.
    pub(super) before_ms: i64,
}

/// What is to be said of a series. A counter and a histogram that are new were zero before, and that is said too:
/// otherwise Prometheus would not know that their first value is an increase.
pub(super) fn points<'a>(total: &'a Total<Identity>, names: &'a Names, times: Times) -> Vec<Point<'a>> {
    let labels = &*total.identity.labels;
    let number = |value: f64| vec![Sample { value, timestamp: times.now_ms }];
    let mut points = Vec::with_capacity(1 + names.stats.len());
    let gauge = |name, value| Point {
        name,
        labels,
        values: Values::Numbers(number(value)),
        kind: Type::Gauge,
        unit: "",
    };
    match (&total.sink, &names.whole) {
        (Sink::Counter(counter), Some(name)) => {
            let mut values = number(counter.sum);
            if total.is_new {
                values.insert(0, Sample { value: 0.0, timestamp: times.before_ms });
            }
            points.push(Point {
                name,
                labels,
                values: Values::Numbers(values),
                kind: Type::Counter,
                unit: "",
            });
        }
        (Sink::Gauge(value), Some(name)) => points.push(gauge(name, value.last)),
        (Sink::Rate(rate), Some(name)) => points.extend(rate.share().map(|share| gauge(name, share))),
        (Sink::Trend(trend), whole) => {
            if let Some(name) = whole {
                let mut values = vec![distribution(total, trend, times.now_ms)];
                if total.is_new {
                    values.insert(0, native(&Histogram::default(), 0.0, times.before_ms));
                }
                let values = Values::Histograms(values);
                points.push(Point { name, labels, values, kind: Type::Histogram, unit: names.unit });
            }
            for (stat, name) in &names.stats {
                points.extend(figure(trend, *stat, total.is_time).map(|value| gauge(name, value)));
            }
        }
        (Sink::Counter(_) | Sink::Gauge(_) | Sink::Rate(_), None) => {}
    }
    points
}

/// What says that nothing more is to come of a series.
pub(super) fn stale<'a>(total: &'a Total<Identity>, names: &'a Names, now_ms: i64) -> Vec<Point<'a>> {
    let mut points = points(total, names, Times { now_ms, before_ms: now_ms });
    for point in &mut points {
        match &mut point.values {
            Values::Numbers(values) => {
                for sample in values {
                    sample.value = f64::from_bits(STALE);
                }
            }
            Values::Histograms(values) => {
                *values = vec![native(&Histogram::default(), f64::from_bits(STALE), now_ms)];
            }
        }
    }
    points
}

fn distribution(total: &Total<Identity>, trend: &Trend, now_ms: i64) -> wire::Histogram {
    if total.is_time {
        native(&total.seconds, trend.sum() / MS_PER_S, now_ms)
    } else {
        native(&trend.histogram(), trend.sum(), now_ms)
    }
}

/// A statistic, times in seconds.
fn figure(trend: &Trend, stat: Stat, is_time: bool) -> Option<f64> {
    let value = match stat {
        Stat::Of(TrendStat::Count) => return Some(trend.count() as f64),
        Stat::Sum => Some(trend.sum()),
        Stat::Of(TrendStat::Average) => trend.avg(),
        Stat::Of(TrendStat::Minimum) => trend.min(),
        Stat::Of(TrendStat::Median) => trend.med(),
        Stat::Of(TrendStat::Maximum) => trend.max(),
        Stat::Of(TrendStat::Percentile(percentile)) => trend.quantile(percentile / 100.0),
    }?;
    Some(if is_time { value / MS_PER_S } else { value })
}
