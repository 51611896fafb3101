//! The metrics that a report shows: those with values, and those a threshold waits for, each with its sub-metrics.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use loadline_measure::{Counter, Metric, MetricId, MetricKind, Run, Sink};
use loadline_verdict::{Outcome, Rule, Selection, Selector, Verdict};

use crate::shown::shown;

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
    /// How many of them a person is not shown.
    pub(crate) left_out: usize,
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
    let mut thresholds: HashMap<&str, Vec<(&'a Verdict, Tags)>> = HashMap::new();
    for verdict in verdicts.iter().filter(|verdict| whole && verdict.rule == Rule::Threshold) {
        thresholds.entry(&verdict.metric).or_default().push((verdict, tags(verdict)));
    }
    let mut all = Vec::new();
    for (id, metric) in run.schema().metrics() {
        let of_metric = thresholds.remove(metric.name.as_str()).unwrap_or_default();
        let sink = run.select(id, matches);
        if sink.is_none() && of_metric.is_empty() {
            continue;
        }
        let mut parts = Parts::default();
        if whole && metric.name == "http_req_duration" && sink.is_some() {
            parts.add(vec![("expected_response".to_owned(), "true".to_owned())], None);
        }
        if whole && metric.name == "dropped_iterations" {
            for cause in causes(run, id) {
                parts.add(vec![(CAUSE.to_owned(), cause)], None);
            }
        }
        let mut direct = Vec::new();
        for (verdict, tags) in of_metric {
            if tags.is_empty() {
                direct.push(verdict);
            } else {
                parts.add(tags, Some(verdict));
            }
        }
        let sampled = if whole { sampled(run, id) } else { Vec::new() };
        let resource = !sampled.is_empty();
        for tags in sampled.into_iter().take(SERIES_SHOWN) {
            parts.add(tags, None);
        }
        all.push(Measured {
            name: metric.name.clone(),
            suffix: String::new(),
            submetrics: parts.submetrics(run, &metric, sink.is_some()),
            metric,
            sink,
            verdicts: direct,
            left_out: 0,
            resource,
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

/// Keys and values.
type Tags = Vec<(String, String)>;

impl Measured<'_> {
    /// Leaves out parts that a person does not look at, when there are hundreds: first those whose thresholds passed.
    #[must_use]
    pub(crate) fn for_people(mut self) -> Self {
        let outcomes: Vec<Outcome> =
            self.submetrics.iter().map(|part| worst(&part.verdicts).unwrap_or(Outcome::Pass)).collect();
        let kept = shown(&outcomes).positions;
        self.left_out = self.submetrics.len() - kept.len();
        let mut kept = kept.into_iter().peekable();
        let mut position = 0;
        self.submetrics.retain(|_| {
            let keeps = kept.next_if_eq(&position).is_some();
            position += 1;
            keeps
        });
        self
    }
}

/// The outcome that matters most among several.
pub(crate) fn worst(verdicts: &[&Verdict]) -> Option<Outcome> {
    let order = [Outcome::Fail, Outcome::NoData, Outcome::Inconclusive, Outcome::Pass];
    order.into_iter().find(|outcome| verdicts.iter().any(|verdict| verdict.outcome == *outcome))
}

/// The parts of a metric that are shown, each once: their suffixes, what they carry, and the verdicts on them.
#[derive(Default)]
struct Parts<'a> {
    all: Vec<(String, Tags, Vec<&'a Verdict>)>,
    known: HashMap<String, usize>,
}

impl<'a> Parts<'a> {
    fn add(&mut self, tags: Tags, verdict: Option<&'a Verdict>) {
        let suffix = suffix(&tags);
        let position = *self.known.entry(suffix.clone()).or_insert_with(|| {
            self.all.push((suffix, tags, Vec::new()));
            self.all.len() - 1
        });
        self.all[position].2.extend(verdict);
    }

    fn submetrics(self, run: &Run, metric: &Metric, has_values: bool) -> Vec<Measured<'a>> {
        let selector = |tags: &Tags| Selector { metric: metric.name.clone(), tags: tags.clone() };
        let selectors: Vec<Selector> = self.all.iter().map(|(_, tags, _)| selector(tags)).collect();
        if selectors.is_empty() {
            return Vec::new();
        }
        let selection = Selection::of(run, &selectors);
        // As the judge has it: a counter that counted, but nothing with these tags, counted zero of them.
        let zero =
            (metric.kind == MetricKind::Counter && has_values).then(|| Sink::Counter(Counter::default()));
        let parts = self.all.into_iter().enumerate();
        parts
            .map(|(position, (suffix, _, verdicts))| Measured {
                name: format!("{}{{{suffix}}}", metric.name),
                suffix,
                metric: metric.clone(),
                sink: selection.sink(position).map(Cow::into_owned).or_else(|| zero.clone()),
                verdicts,
                submetrics: Vec::new(),
                left_out: 0,
                resource: false,
            })
            .collect()
    }
}

/// The series of a gauge, when all of them belong to a process or to a scraped target.
fn sampled(run: &Run, id: MetricId) -> Vec<Tags> {
    let series = run.gauge_seconds::<&str, &str>(id, &[]);
    if !series.iter().all(|(tags, _)| tags.get("process").is_some() || tags.get("target").is_some()) {
        return Vec::new();
    }
    let pairs = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    series.iter().map(|(tags, _)| tags.iter().map(pairs).collect()).collect()
}

/// The tags a verdict's selector asks for. It was parsed before it was judged; if not, it is the metric itself.
fn tags(verdict: &Verdict) -> Tags {
    Selector::parse(&verdict.selector).map(|selector| selector.tags).unwrap_or_default()
}

fn suffix(tags: &[(String, String)]) -> String {
    let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    pairs.join(",")
}
