//! What a sink comes to, in the figures that k6 gives each kind of metric.

use std::time::Duration;

use loadline_measure::{MetricKind, Sink, Trend};

use super::trend_stat::TrendStat;

/// Name and value of each figure: `count` and `rate` of a counter; `value`, `min`, `max` of a gauge; `rate`,
/// `passes`, `fails` of a rate; the chosen statistics of a trend.
///
/// A metric without values has the same figures, all zero: scripts read them without asking first, as from k6.
pub(super) fn figures(
    kind: MetricKind,
    sink: Option<&Sink>,
    duration: Duration,
    stats: &[TrendStat],
) -> Vec<(String, f64)> {
    let figure = |name: &str, value: f64| (name.to_owned(), value);
    match (kind, sink) {
        (_, Some(Sink::Counter(counter))) => {
            vec![figure("count", counter.sum), figure("rate", per_second(counter.sum, duration))]
        }
        (_, Some(Sink::Gauge(gauge))) => {
            vec![figure("value", gauge.last), figure("min", gauge.min), figure("max", gauge.max)]
        }
        (_, Some(Sink::Rate(rate))) => vec![
            figure("rate", rate.share().unwrap_or(0.0)),
            figure("passes", rate.passes as f64),
            figure("fails", rate.fails() as f64),
        ],
        (_, Some(Sink::Trend(trend))) => {
            stats.iter().map(|stat| (stat.to_string(), trend_figure(trend, *stat).unwrap_or(0.0))).collect()
        }
        (MetricKind::Counter, None) => vec![figure("count", 0.0), figure("rate", 0.0)],
        (MetricKind::Gauge, None) => vec![figure("value", 0.0), figure("min", 0.0), figure("max", 0.0)],
        (MetricKind::Rate, None) => vec![figure("rate", 0.0), figure("passes", 0.0), figure("fails", 0.0)],
        (MetricKind::Trend, None) => stats.iter().map(|stat| (stat.to_string(), 0.0)).collect(),
    }
}

/// One statistic of a trend; nothing when the trend is empty.
pub(crate) fn trend_figure(trend: &Trend, stat: TrendStat) -> Option<f64> {
    match stat {
        TrendStat::Average => trend.avg(),
        TrendStat::Minimum => trend.min(),
        TrendStat::Median => trend.med(),
        TrendStat::Maximum => trend.max(),
        TrendStat::Count => Some(trend.count() as f64),
        TrendStat::Percentile(percentile) => trend.quantile(percentile / 100.0),
    }
}

/// An amount over the run's duration; zero for a run that did not last.
pub(crate) fn per_second(amount: f64, duration: Duration) -> f64 {
    let seconds = duration.as_secs_f64();
    if seconds > 0.0 { amount / seconds } else { 0.0 }
}
