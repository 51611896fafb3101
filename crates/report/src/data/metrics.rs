//! The metrics that a report shows: those with values, and those a threshold waits for, each with its sub-metrics.

use std::collections::BTreeSet;

use loadline_measure::{Counter, Metric, MetricId, MetricKind, Run, Sink};
use loadline_verdict::{Rule, Selector, Verdict};

/// A metric or a sub-metric with what it came to.
#[derive(Clone, Debug)]
pub(crate) struct Measured<'a> {
    /// `http_req_duration`, or `http_req_duration{scenario:search}`.
    pub(crate) name: String,
    /// What stands between the braces of a sub-metric; empty for a metric.
    pub(crate) suffix: String,
    pub(crate) metric: Metric,
    /// Nothing when there was no value.
    pub(crate) sink: Option<Sink>,
    /// The verdicts of thresholds on exactly this metric or sub-metric.
    pub(crate) verdicts: Vec<&'a Verdict>,
    pub(crate) submetrics: Vec<Measured<'a>>,
    /// Whether it was sampled from processes or scraped: each series then is of something else, and what they come to
    /// together means nothing.
    pub(crate) resource: bool,
}

/// The tag that says why an iteration was dropped.
const CAUSE: &str = "cause";
/// Series of a sampled metric that are shown without a threshold on them.
const SERIES_SHOWN: usize = 20;

/// Every metric with values or thresholds, by name. Of a part of a run (`matches`) there are no sub-metrics and no
/// verdicts: those were made on the whole.
pub(crate) fn measured<'a>(
    run: &Run,
    verdicts: &'a [Verdict],
    matches: &[(&str, &str)],
) -> Vec<Measured<'a>> {
    let whole = matches.is_empty();
    // A budget of the project may be on an endpoint, which is no part of a metric that tags could name.
    let thresholds = || verdicts.iter().filter(|verdict| verdict.rule == Rule::Threshold);
    let mut all = Vec::new();
    for (id, metric) in run.schema().metrics() {
        let of_metric: Vec<&Verdict> =
            thresholds().filter(|verdict| whole && verdict.metric == metric.name).collect();
        let sink = run.select(id, matches);
        if sink.is_none() && of_metric.is_empty() {
            continue;
        }
        // As the judge has it: a counter that counted, but nothing with these tags, counted zero of them.
        let zero =
            (metric.kind == MetricKind::Counter && sink.is_some()).then(|| Sink::Counter(Counter::default()));
        let submetric = |tags: &[(String, String)], suffix: String, verdicts: Vec<&'a Verdict>| Measured {
            name: format!("{}{{{suffix}}}", metric.name),
            suffix,
            metric: metric.clone(),
            sink: run.select(id, tags).or_else(|| zero.clone()),
            verdicts,
            submetrics: Vec::new(),
            resource: false,
        };
        let mut submetrics: Vec<Measured<'a>> = Vec::new();
        if whole && metric.name == "http_req_duration" && sink.is_some() {
            let tags = [("expected_response".to_owned(), "true".to_owned())];
            submetrics.push(submetric(&tags, "expected_response:true".to_owned(), Vec::new()));
        }
        if whole && metric.name == "dropped_iterations" {
            for cause in causes(run, id) {
                let suffix = format!("{CAUSE}:{cause}");
                submetrics.push(submetric(&[(CAUSE.to_owned(), cause)], suffix, Vec::new()));
            }
        }
        let mut direct = Vec::new();
        for verdict in of_metric {
            let tags = tags(verdict);
            let suffix = suffix(&tags);
            if tags.is_empty() {
                direct.push(verdict);
            } else if let Some(known) = submetrics.iter_mut().find(|known| known.suffix == suffix) {
                known.verdicts.push(verdict);
            } else {
                submetrics.push(submetric(&tags, suffix, vec![verdict]));
            }
        }
        let sampled = if whole { sampled(run, id) } else { Vec::new() };
        for tags in sampled.iter().take(SERIES_SHOWN) {
            let suffix = suffix(tags);
            if submetrics.iter().all(|known| known.suffix != suffix) {
                submetrics.push(submetric(tags, suffix, Vec::new()));
            }
        }
        all.push(Measured {
            name: metric.name.clone(),
            suffix: String::new(),
            metric,
            sink,
            verdicts: direct,
            submetrics,
            resource: !sampled.is_empty(),
        });
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// Why iterations were dropped, in the order of the words.
fn causes(run: &Run, dropped: MetricId) -> BTreeSet<String> {
    let of_metric = run.series().filter(|(series, ..)| series.metric == dropped);
    of_metric.filter_map(|(_, tags, _)| tags.get(CAUSE).map(str::to_owned)).collect()
}

/// The series of a gauge, when all of them belong to a process or to a scraped target.
fn sampled(run: &Run, id: MetricId) -> Vec<Vec<(String, String)>> {
    let series = run.gauge_seconds::<&str, &str>(id, &[]);
    if !series.iter().all(|(tags, _)| tags.get("process").is_some() || tags.get("target").is_some()) {
        return Vec::new();
    }
    let pairs = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    series.iter().map(|(tags, _)| tags.iter().map(pairs).collect()).collect()
}

/// The tags a verdict's selector asks for. It was parsed before it was judged; if not, it is the metric itself.
fn tags(verdict: &Verdict) -> Vec<(String, String)> {
    Selector::parse(&verdict.selector).map(|selector| selector.tags).unwrap_or_default()
}

fn suffix(tags: &[(String, String)]) -> String {
    let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    pairs.join(",")
}
