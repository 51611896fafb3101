//! The figures of a run that comparisons, baselines and histories are about: for each endpoint, and for all requests
//! together, its percentiles, its throughput and its errors.

use std::time::Duration;

use loadline_measure::{Run, Sink, TagSet, Trend};

use crate::compare::Better;
use crate::endpoint::Endpoints;
use crate::stats::harrell_davis;

/// What all requests together are called.
pub const EVERYTHING: &str = "all requests";

/// The percentiles of a figure's set.
const PERCENTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

/// One figure of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// An endpoint, or [`EVERYTHING`].
    pub subject: String,
    /// `p50`, `p95`, `p99` in milliseconds; `rate` in requests per second; `errors`, a share.
    pub quantity: String,
    /// Which way it is better.
    pub better: Better,
    /// The figure.
    pub value: f64,
    /// The requests it stands on.
    pub count: u64,
}

/// The figures of a run, in the order of the endpoints, all requests first. Endpoints without a request have none.
pub fn figures(run: &Run, endpoints: &Endpoints) -> Vec<Figure> {
    let mut all = of_subject(run, EVERYTHING, |_| true);
    for endpoint in endpoints.iter() {
        let name = endpoint.name.as_str();
        all.extend(of_subject(run, name, |tags| endpoints.of_tags(tags).contains(&name)));
    }
    all
}

/// A percentile of a trend: of few values, a mean of those around it, which jumps less from run to run.
pub fn quantile_of(trend: &Trend, q: f64) -> Option<f64> {
    match trend.raw() {
        Some(values) => harrell_davis(values, q),
        None => trend.quantile(q),
    }
}

fn of_subject(run: &Run, subject: &str, is_of: impl Fn(&TagSet) -> bool) -> Vec<Figure> {
    let merged = |metric: &str| run.select_where(run.schema().find(metric)?, &is_of);
    let figure = |quantity: &str, better, value, count| Figure {
        subject: subject.to_owned(),
        quantity: quantity.to_owned(),
        better,
        value,
        count,
    };
    let mut figures = Vec::new();
    if let Some(Sink::Trend(trend)) = merged("http_req_duration") {
        for (name, q) in PERCENTILES {
            let value = quantile_of(&trend, q);
            figures.extend(value.map(|value| figure(name, Better::Lower, value, trend.count())));
        }
    }
    if let Some(Sink::Counter(requests)) = merged("http_reqs")
        && run.duration > Duration::ZERO
    {
        let rate = requests.sum / run.duration.as_secs_f64();
        figures.push(figure("rate", Better::Higher, rate, requests.count));
    }
    if let Some(Sink::Rate(failed)) = merged("http_req_failed") {
        figures.extend(failed.share().map(|share| figure("errors", Better::LowerShare, share, failed.total)));
    }
    figures
}
