//! What the two charts of a picture show, chosen from what a document has: how long answers took, with the limits on
//! it, and how much there was of it. A run of something else shows the first two metrics that it has a course of.

use crate::document::{Document, Metric};

/// Points of a line. A picture is as wide as a column of text; more would only make it larger.
const MOST_POINTS: usize = 160;

/// A chart.
pub(super) struct Plan {
    pub(super) title: String,
    pub(super) unit: String,
    /// Behind each number: `/s`.
    pub(super) per: &'static str,
    pub(super) lines: Vec<Line>,
    /// Limits with their words.
    pub(super) limits: Vec<(f64, String)>,
}

/// A line, or the area below it down to another.
pub(super) struct Line {
    pub(super) label: &'static str,
    /// How it is drawn: a class of the picture's style.
    pub(super) class: &'static str,
    pub(super) values: Vec<Option<f64>>,
    /// What it is filled down to, where it is an area.
    pub(super) down_to: Option<Vec<Option<f64>>>,
}

/// How several steps become one point.
#[derive(Clone, Copy)]
enum Thin {
    /// The largest: what was bad must not vanish.
    Most,
    /// The mean.
    Mean,
}

/// The charts that matter, at most two.
pub(super) fn plans(document: &Document) -> Vec<Plan> {
    let in_panels = || document.panels.iter().flat_map(|panel| panel.metrics.iter().copied());
    let has_course = |at: &usize| {
        document
            .metrics
            .get(*at)
            .is_some_and(|metric| metric.all.course.values().any(|course| course.iter().any(Option::is_some)))
    };
    let is = |at: &usize, kind: &str| document.metrics[*at].kind == kind;
    let answers = document.heat.as_ref().map(|heat| heat.metric).filter(has_course);
    let first = answers
        .or_else(|| in_panels().filter(has_course).find(|at| is(at, "trend")))
        .or_else(|| in_panels().find(has_course));
    let mut others = in_panels().filter(|at| Some(*at) != first && has_course(at));
    let second = others
        .clone()
        .find(|at| is(at, "counter") && document.metrics[*at].name == "http_reqs")
        .or_else(|| others.clone().find(|at| is(at, "counter")))
        .or_else(|| others.next());
    first.into_iter().chain(second).map(|at| plan(document, at)).collect()
}

fn plan(document: &Document, at: usize) -> Plan {
    let metric = &document.metrics[at];
    let (per, unit) = if metric.kind == "counter" { ("/s", "") } else { ("", metric.unit.as_str()) };
    let unit = if metric.unit == "bytes" { "bytes" } else { unit };
    let limits = document.requirements.iter().filter(|one| one.metric == Some(at));
    let mut limits: Vec<(f64, String)> =
        limits.filter_map(|one| Some((one.line?, one.limit.clone()))).collect();
    limits.sort_by(|left, right| left.0.total_cmp(&right.0));
    limits.dedup_by(|left, right| left.0 == right.0);
    Plan {
        title: if metric.kind == "counter" {
            format!("{} per second", metric.title)
        } else {
            metric.title.clone()
        },
        unit: unit.to_owned(),
        per,
        lines: lines(document, metric),
        limits,
    }
}

fn lines(document: &Document, metric: &Metric) -> Vec<Line> {
    let course = |name: &str, thin| {
        let values = metric.all.course.get(name).map(Vec::as_slice).unwrap_or_default();
        thinned(values, thin)
    };
    match metric.kind {
        "trend" => vec![
            Line {
                label: "to p99",
                class: "band",
                values: course("p99", Thin::Most),
                down_to: Some(course("p50", Thin::Mean)),
            },
            Line { label: "p95", class: "strong", values: course("p95", Thin::Most), down_to: None },
            Line { label: "p50", class: "thin", values: course("p50", Thin::Mean), down_to: None },
        ],
        "counter" => {
            let rate = course("rate", Thin::Mean);
            let none = rate.iter().map(|value| value.map(|_| 0.0)).collect();
            let mut lines = vec![
                Line { label: "", class: "band", values: rate.clone(), down_to: Some(none) },
                Line { label: "all", class: "strong", values: rate, down_to: None },
            ];
            if let Some(failed) = failed(document).filter(|_| metric.name == "http_reqs") {
                let none = failed.iter().map(|value| value.map(|_| 0.0)).collect();
                lines.push(Line { label: "failed", class: "bad", values: failed, down_to: Some(none) });
            }
            lines
        }
        "rate" => {
            vec![Line { label: "", class: "strong", values: course("share", Thin::Mean), down_to: None }]
        }
        _ => vec![Line { label: "", class: "strong", values: course("last", Thin::Most), down_to: None }],
    }
}

/// Requests that failed per second; nothing where none did.
fn failed(document: &Document) -> Option<Vec<Option<f64>>> {
    let metric = document.metrics.iter().find(|metric| metric.name == "http_req_failed")?;
    let (share, samples) = (metric.all.course.get("share")?, metric.all.course.get("n")?);
    let seconds = document.step_s as f64;
    let failed: Vec<Option<f64>> = share
        .iter()
        .zip(samples)
        .map(|(share, samples)| Some(share.as_ref()? * samples.as_ref()? / seconds))
        .collect();
    failed.iter().flatten().any(|rate| *rate > 0.0).then(|| thinned(&failed, Thin::Mean))
}

fn thinned(values: &[Option<f64>], thin: Thin) -> Vec<Option<f64>> {
    let each = values.len().div_ceil(MOST_POINTS).max(1);
    let together = values.chunks(each).map(|steps| {
        let known: Vec<f64> = steps.iter().copied().flatten().filter(|value| value.is_finite()).collect();
        match thin {
            Thin::Most => known.iter().copied().max_by(f64::total_cmp),
            Thin::Mean if known.is_empty() => None,
            Thin::Mean => Some(known.iter().sum::<f64>() / known.len() as f64),
        }
    });
    together.collect()
}
