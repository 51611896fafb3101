//! The figures of a run that comparisons, baselines and histories are about: for each endpoint, and for all requests
//! together, its percentiles, its throughput and its errors.

use std::collections::HashMap;
use std::time::Duration;

use loadline_measure::{Counter, Figure, FigureScale, Rate, Run, Sink, TagSetId, Trend, response_time};

use crate::answers::response_time_name;
use crate::endpoint::Endpoints;
use crate::router::Router;
use crate::stats::harrell_davis;
use crate::untold::Known;

/// What all requests together are called.
pub const EVERYTHING: &str = "all requests";

/// The percentiles of a figure's set.
pub(crate) const PERCENTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

/// The figures of a run, in the order of the endpoints, all requests first. Endpoints without a request have none, nor
/// those whose requests the run cannot tell from others.
pub fn figures(run: &Run, endpoints: &Endpoints) -> Vec<Figure> {
    let router = Router::new(endpoints);
    let response_time = response_time_name(run.schema());
    let metrics = [response_time, "http_reqs", "http_req_failed"].map(|name| run.schema().find(name));
    let mut everything = Requests::default();
    let mut named: HashMap<&str, Requests> = HashMap::new();
    let mut names: HashMap<TagSetId, Vec<&str>> = HashMap::new();
    for (series, tags, sink) in run.series() {
        if !metrics.contains(&Some(series.metric)) {
            continue;
        }
        everything.add(sink);
        for name in names.entry(series.tags).or_insert_with(|| router.of_tags(tags)) {
            named.entry(name).or_default().add(sink);
        }
    }
    let mut all = everything.figures(run, EVERYTHING);
    let known = Known::of(run, endpoints);
    for endpoint in endpoints.iter() {
        if let Some(requests) = named.get(endpoint.name.as_str())
            && known.untold_endpoint("http_reqs", &endpoint.name).is_none()
        {
            all.extend(requests.figures(run, &endpoint.name));
        }
    }
    all
}

/// A percentile of a trend for telling two builds apart: of few values, a mean of those around it, which jumps less
/// from run to run. It is not the percentile that reports and histories have, which is [`Trend::quantile`].
pub(crate) fn smoothed_quantile(trend: &Trend, q: f64) -> Option<f64> {
    match trend.raw() {
        Some(values) => harrell_davis(values, q),
        None => trend.quantile(q),
    }
}

/// What some requests come to.
#[derive(Default)]
struct Requests {
    duration: Option<Trend>,
    count: Option<Counter>,
    failed: Option<Rate>,
}

impl Requests {
    fn add(&mut self, sink: &Sink) {
        match sink {
            Sink::Trend(trend) => match &mut self.duration {
                Some(all) => all.merge(trend),
                none => *none = Some(trend.clone()),
            },
            Sink::Counter(counter) => self.count.get_or_insert_default().merge(counter),
            Sink::Rate(rate) => self.failed.get_or_insert_default().merge(rate),
            Sink::Gauge(_) => {}
        }
    }

    fn figures(&self, run: &Run, subject: &str) -> Vec<Figure> {
        let figure = |quantity: &str, scale, value, values| Figure {
            subject: subject.to_owned(),
            quantity: quantity.to_owned(),
            scale,
            value,
            values,
        };
        let mut figures = Vec::new();
        if let Some(trend) = &self.duration {
            for (name, q) in PERCENTILES {
                let value = trend.quantile(q);
                figures.extend(value.map(|value| figure(name, FigureScale::LATENCY, value, trend.count())));
            }
        }
        if let Some(requests) = &self.count
            && run.duration > Duration::ZERO
        {
            // Throughput is of answers: what was asked and never answered was not put through.
            let answered = match &self.duration {
                _ if response_time(run.schema()).is_none() => requests.sum,
                Some(trend) => (trend.count() as f64).min(requests.sum),
                None => 0.0,
            };
            let rate = answered / run.duration.as_secs_f64();
            figures.push(figure("rate", FigureScale::THROUGHPUT, rate, requests.count));
        }
        if let Some(failed) = &self.failed {
            figures.extend(
                failed.share().map(|share| figure("errors", FigureScale::ERRORS, share, failed.total)),
            );
        }
        figures
    }
}
