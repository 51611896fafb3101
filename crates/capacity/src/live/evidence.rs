//! What else a step showed: its figures, and what it took of resources.

use std::collections::BTreeMap;

use loadline_measure::{Run, Series, Sink, Trend, response_time};
use serde::{Deserialize, Serialize};

use super::processor::Taken;
use loadline_ledger::ends;

/// The figures of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The median response time, in milliseconds.
    pub p50_ms: f64,
    /// The 95th percentile.
    pub p95_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// Requests per iteration.
    pub requests: f64,
    /// How long an iteration took on average, in seconds.
    pub iteration_s: f64,
    /// The share of requests that failed.
    pub errors: f64,
    /// What was taken of resources whose end is known.
    pub used: Vec<Used>,
    /// How most of what failed was answered.
    #[serde(default)]
    pub refused: Option<Refused>,
}

/// Requests that were answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The share of all requests.
    pub share: f64,
}

/// So much of something that has an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// Whose, and of what: `holiday's CPU`.
    pub name: String,
    /// The part of it, from 0 to 1.
    pub part: f64,
}

impl Evidence {
    /// Of a step's run. `cores` is how many the machine has.
    pub(super) fn of(run: &Run, target: Option<&str>, taken: Option<Taken>, cores: f64) -> Self {
        let all = |name: &str| -> Option<Sink> { run.select_where(run.schema().find(name)?, |_| true) };
        let times: Option<Trend> = response_time(run.schema())
            .and_then(|metric| run.select_where(metric, |_| true))
            .and_then(|sink| match sink {
                Sink::Trend(trend) => Some(trend),
                _ => None,
            });
        let quantile = |q: f64| times.as_ref().and_then(|trend| trend.quantile(q)).unwrap_or(0.0);
        let sum = |name: &str| {
            all(name).map_or(0.0, |sink| if let Sink::Counter(counter) = sink { counter.sum } else { 0.0 })
        };
        let iteration_s = match all("iteration_duration") {
            Some(Sink::Trend(trend)) => trend.avg().unwrap_or(0.0) / 1e3,
            _ => 0.0,
        };
        let errors = match all("http_req_failed") {
            Some(Sink::Rate(rate)) if rate.total > 0 => rate.passes as f64 / rate.total as f64,
            _ => 0.0,
        };
        Self {
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            requests: sum("http_reqs") / sum("iterations").max(1.0),
            iteration_s,
            errors,
            used: used(run, target, taken, cores),
            refused: refused(run),
        }
    }
}

fn used(run: &Run, target: Option<&str>, taken: Option<Taken>, cores: f64) -> Vec<Used> {
    let mut used = Vec::new();
    let mut add = |name: String, part: f64| used.push(Used { name, part: part.clamp(0.0, 1.0) });
    if let Some(taken) = taken {
        if let (Some(name), Some(part)) = (target, taken.target) {
            add(format!("{name}'s CPU"), part);
        }
        add("this machine's CPU".to_owned(), taken.machine);
    }
    if let Some(mean) = mean_of(run, "generator_cpu") {
        add("the load generator's CPU".to_owned(), mean / cores);
    }
    let files = |name: &str| mean_of(run, name);
    if let (Some(open), Some(most)) = (files("generator_open_files"), files("generator_open_files_limit")) {
        add("the load generator's descriptors".to_owned(), open / most.max(1.0));
    }
    used.extend(ends(run).into_iter().map(|(name, part)| Used { name, part }));
    used
}

/// How most of what failed was answered, and of how much of what was asked.
fn refused(run: &Run) -> Option<Refused> {
    let requests = run.schema().find("http_reqs")?;
    let mut of_status: BTreeMap<u16, f64> = BTreeMap::new();
    let mut all = 0.0;
    for (series, tags, sink) in run.series() {
        if series.metric == requests
            && let Sink::Counter(counter) = sink
        {
            all += counter.sum;
            if let Some(status) = tags.get("status").and_then(|status| status.parse().ok()) {
                *of_status.entry(status).or_default() += counter.sum;
            }
        }
    }
    let failed = of_status.into_iter().filter(|(status, _)| *status >= 400);
    let (status, count) = failed.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(Refused { status, share: count / all })
}

/// The mean of a gauge over the seconds, all its series together.
fn mean_of(run: &Run, name: &str) -> Option<f64> {
    let metric = run.schema().find(name)?;
    let series: Vec<Series> =
        run.series().map(|(series, ..)| series).filter(|series| series.metric == metric).collect();
    let values: Vec<f64> =
        series.iter().flat_map(|series| run.gauge(*series).iter().map(|(_, value)| *value)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
