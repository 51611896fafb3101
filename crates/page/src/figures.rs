//! What values come to, over a run or in a step of it.

use std::collections::BTreeMap;

use loadline_measure::{MetricKind, Sink, Trend};

/// What a course shows of a kind of metric, for all values together.
pub(crate) fn columns(kind: MetricKind) -> &'static [&'static str] {
    match kind {
        MetricKind::Trend => &["n", "p50", "p75", "p95", "p99", "max"],
        MetricKind::Rate => &["n", "share"],
        MetricKind::Counter => &["rate"],
        MetricKind::Gauge => &["last"],
    }
}

/// … and for some of them.
pub(crate) fn few_columns(kind: MetricKind) -> &'static [&'static str] {
    match kind {
        MetricKind::Trend => &["n", "p50", "p95"],
        other => columns(other),
    }
}

/// What they come to in so many seconds.
pub(crate) fn figures(sink: &Sink, seconds: f64) -> BTreeMap<&'static str, Option<f64>> {
    let per_second = |amount: f64| finite(amount / seconds.max(f64::MIN_POSITIVE));
    match sink {
        Sink::Trend(trend) => trend_figures(trend, seconds),
        Sink::Rate(rate) => BTreeMap::from([
            ("share", rate.share().and_then(finite)),
            ("passes", finite(rate.passes as f64)),
            ("fails", finite(rate.fails() as f64)),
        ]),
        Sink::Counter(counter) => {
            BTreeMap::from([("count", finite(counter.sum)), ("rate", per_second(counter.sum))])
        }
        Sink::Gauge(gauge) => BTreeMap::from([
            ("last", finite(gauge.last)),
            ("min", finite(gauge.min)),
            ("max", finite(gauge.max)),
        ]),
    }
}

fn trend_figures(trend: &Trend, seconds: f64) -> BTreeMap<&'static str, Option<f64>> {
    let quantile = |q: f64| trend.quantile(q).and_then(short);
    BTreeMap::from([
        ("rate", short(trend.count() as f64 / seconds.max(f64::MIN_POSITIVE))),
        ("avg", trend.avg().and_then(short)),
        ("min", trend.min().and_then(short)),
        ("p50", quantile(0.5)),
        ("p75", quantile(0.75)),
        ("p90", quantile(0.9)),
        ("p95", quantile(0.95)),
        ("p99", quantile(0.99)),
        ("max", trend.max().and_then(short)),
    ])
}

/// One column of one step.
pub(crate) fn at_step(sink: &Sink, column: &str, seconds: f64) -> Option<f64> {
    match (sink, column) {
        (sink, "n") => Some(sink.count() as f64),
        (Sink::Trend(trend), "max") => trend.max().and_then(short),
        (Sink::Trend(trend), "p50") => trend.quantile(0.5).and_then(short),
        (Sink::Trend(trend), "p75") => trend.quantile(0.75).and_then(short),
        (Sink::Trend(trend), "p95") => trend.quantile(0.95).and_then(short),
        (Sink::Trend(trend), "p99") => trend.quantile(0.99).and_then(short),
        (Sink::Rate(rate), "share") => rate.share().and_then(short),
        (Sink::Counter(counter), "rate") => short(counter.sum / seconds),
        (Sink::Gauge(gauge), "last") => short(gauge.last),
        _ => None,
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Four digits are more than a chart can show.
fn short(value: f64) -> Option<f64> {
    let value = finite(value)?;
    if value == 0.0 || value.abs() >= 1e15 {
        return Some(value);
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    let rounded = (value * scale).round() / scale;
    Some(if rounded.is_finite() { rounded } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_kept() {
        for (value, kept) in
            [(641.0249, 641.0), (0.001_234_56, 0.001_235), (12_345.0, 12_350.0), (-3.0, -3.0)]
        {
            let short = short(value).unwrap();
            assert!((short - kept).abs() <= 1e-9 * kept.abs(), "{value}: {short}");
        }
        assert_eq!(short(0.0), Some(0.0));
        assert_eq!((short(f64::NAN), short(f64::INFINITY)), (None, None));
        assert!(short(f64::MIN_POSITIVE).is_some());
    }
}
