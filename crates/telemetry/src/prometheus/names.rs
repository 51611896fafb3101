//! What a metric is called in Prometheus: k6's names.
//!
//! Two metrics must not become one name, as a counter `x` and a gauge `x_total` would: the second has its kind behind
//! its name.

use std::sync::Arc;

use loadline_measure::{Metric, MetricId, MetricKind, Schema, Unit};
use loadline_report::TrendStat;
use rustc_hash::{FxHashMap, FxHashSet};

use super::identity::Text;
use super::trends::{Stat, Trends};

/// What all names begin with.
const PREFIX: &str = "k6_";

/// What a metric is called.
#[derive(Debug)]
pub(super) struct Names {
    /// Of a counter, a gauge or a rate the name; of a trend that of its native histogram, if that is wanted.
    pub(super) whole: Option<Text>,
    /// Of a trend the names of its statistics.
    pub(super) stats: Vec<(Stat, Text)>,
    /// The unit of `whole`, as Prometheus calls it.
    pub(super) unit: &'static str,
}

/// What all metrics are called.
#[derive(Debug, Default)]
pub(super) struct AllNames {
    by_metric: FxHashMap<MetricId, Arc<Names>>,
    taken: FxHashSet<Text>,
}

impl AllNames {
    /// What a metric is called, which stays so.
    pub(super) fn of(&mut self, schema: &Schema, id: MetricId, trends: &Trends) -> Arc<Names> {
        if let Some(known) = self.by_metric.get(&id) {
            return Arc::clone(known);
        }
        let metric = schema.metric(id);
        let mut base = format!("{PREFIX}{}", metric.name);
        let mut names = named(&metric, &base, trends);
        while names.all().any(|name| self.taken.contains(name)) {
            base = format!("{base}_{}", metric.kind);
            names = named(&metric, &base, trends);
        }
        self.taken.extend(names.all().cloned());
        let names = Arc::new(names);
        self.by_metric.insert(id, Arc::clone(&names));
        names
    }
}

impl Names {
    fn all(&self) -> impl Iterator<Item = &Text> {
        self.whole.iter().chain(self.stats.iter().map(|(_, name)| name))
    }
}

fn named(metric: &Metric, base: &str, trends: &Trends) -> Names {
    let unit = match metric.unit {
        Unit::Plain => "",
        Unit::Milliseconds => "seconds",
        Unit::Bytes => "bytes",
    };
    let mut names = Names { whole: None, stats: Vec::new(), unit: "" };
    match metric.kind {
        MetricKind::Counter => names.whole = Some(format!("{base}_total").into()),
        MetricKind::Gauge => names.whole = Some(base.into()),
        MetricKind::Rate => names.whole = Some(format!("{base}_rate").into()),
        MetricKind::Trend => {
            names.unit = unit;
            let name = if unit.is_empty() { base.to_owned() } else { format!("{base}_{unit}") };
            names.whole = trends.native.then(|| name.into());
            let stat = |stat: &Stat| (*stat, format!("{base}_{}", stat_name(*stat)).into());
            names.stats = trends.stats.iter().map(stat).collect();
        }
    }
    names
}

/// `p99` of `p(99)`, `p999` of `p(99.9)`.
fn stat_name(stat: Stat) -> String {
    match stat {
        Stat::Sum => "sum".to_owned(),
        Stat::Of(TrendStat::Percentile(percentile)) => format!("p{percentile}").replace('.', ""),
        Stat::Of(stat) => stat.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_k6_and_no_two_metrics_share_one() {
        let schema = Schema::new();
        let stats = vec![Stat::Of(TrendStat::Percentile(99.9)), Stat::Of(TrendStat::Median), Stat::Sum];
        let trends = Trends { native: true, stats };
        let mut all = AllNames::default();
        let mut check = |name: &str, kind, unit, expected: &[&str]| {
            let id = schema.define(name, kind, unit).unwrap();
            let names = all.of(&schema, id, &trends);
            assert_eq!(names.all().map(|name| &**name).collect::<Vec<_>>(), expected);
        };
        check("http_reqs", MetricKind::Counter, Unit::Plain, &["k6_http_reqs_total"]);
        check("data_sent", MetricKind::Counter, Unit::Bytes, &["k6_data_sent_total"]);
        check("vus", MetricKind::Gauge, Unit::Plain, &["k6_vus"]);
        check("checks", MetricKind::Rate, Unit::Plain, &["k6_checks_rate"]);
        check("checks_rate", MetricKind::Gauge, Unit::Plain, &["k6_checks_rate_gauge"]);
        let duration = ["k6_wait_seconds", "k6_wait_p999", "k6_wait_med", "k6_wait_sum"];
        check("wait", MetricKind::Trend, Unit::Milliseconds, &duration);
        check(
            "size",
            MetricKind::Trend,
            Unit::Bytes,
            &["k6_size_bytes", "k6_size_p999", "k6_size_med", "k6_size_sum"],
        );
        check(
            "score",
            MetricKind::Trend,
            Unit::Plain,
            &["k6_score", "k6_score_p999", "k6_score_med", "k6_score_sum"],
        );
    }
}
