//! One run against one run.
//!
//! A run cannot tell how far another of the same build would have been. Its past can, when there are ten runs of the same
//! kind; without them this is advice: the interval then holds what differs within the runs only.

use loadline_measure::{Figure, Run, RunMeta, Sink, Trend, response_time};

use super::baseline::FEWEST_RUNS;
use super::blocks::{BLOCK_SECONDS, quantile_spread};
use super::rounds::{Comparison, Gate, compare_spreads};
use crate::endpoint::Endpoints;
use crate::figures::{EVERYTHING, PERCENTILES};
use crate::router::Router;

/// Draws of the bootstrap are the same every time.
const SEED: u64 = 1;

/// Compares two runs, endpoint by endpoint. `past` has the figures of earlier runs of the same kind, a list for each run; with
/// fewer than [`FEWEST_RUNS`] of them nothing fails.
pub fn compare_runs(
    base: &Run,
    head: &Run,
    endpoints: &Endpoints,
    past: &[Vec<Figure>],
    gate: &Gate,
) -> Vec<Comparison> {
    let names = std::iter::once(EVERYTHING).chain(endpoints.iter().map(|endpoint| endpoint.name.as_str()));
    names
        .flat_map(|name| {
            let (base, head) = (blocks(base, name, endpoints), blocks(head, name, endpoints));
            PERCENTILES.iter().filter_map(move |(quantity, q)| {
                let spreads = (quantile_spread(&base, *q, SEED)?, quantile_spread(&head, *q, SEED + 1)?);
                let between = deviation(past, name, quantity);
                Some(compare_spreads(name, quantity, &spreads.0, &spreads.1, between, gate))
            })
        })
        .collect()
}

/// Why two runs are not of the same thing, if so.
pub fn incomparable(base: &RunMeta, head: &RunMeta) -> Option<String> {
    if base.name != head.name {
        return Some(format!("one is of `{}`, the other of `{}`", base.name, head.name));
    }
    let (left, right) = (&base.origin, &head.origin);
    if left.plan != right.plan {
        return Some(format!("their plans differ: {} against {}", left.plan, right.plan));
    }
    if left.script_hash != right.script_hash {
        return Some("the script or its options have changed between them".to_owned());
    }
    let host = |meta: &RunMeta| format!("{} with {} cores", meta.host.name, meta.host.cores);
    (host(base) != host(head))
        .then(|| format!("they ran on different machines: {} and {}", host(base), host(head)))
}

/// The standard deviation of a figure's logarithm between runs.
fn deviation(past: &[Vec<Figure>], subject: &str, quantity: &str) -> Option<f64> {
    let of = |figures: &Vec<Figure>| {
        let found = figures.iter().find(|figure| figure.subject == subject && figure.quantity == quantity);
        found.map(|figure| figure.value.ln()).filter(|log| log.is_finite())
    };
    let logs: Vec<f64> = past.iter().filter_map(of).collect();
    if logs.len() < FEWEST_RUNS {
        return None;
    }
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    Some((logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}

/// The latencies of what is named, in blocks of time.
fn blocks(run: &Run, name: &str, endpoints: &Endpoints) -> Vec<Trend> {
    let Some(metric) = response_time(run.schema()) else { return Vec::new() };
    let router = Router::new(endpoints);
    let wanted: Vec<_> = run
        .series()
        .filter(|(series, tags, _)| {
            series.metric == metric && (name == EVERYTHING || router.of_tags(tags).contains(&name))
        })
        .map(|(series, ..)| series)
        .collect();
    let mut blocks: Vec<(u64, Trend)> = Vec::new();
    for (second, window) in run.seconds() {
        for trend in wanted.iter().filter_map(|series| window.get(*series).and_then(Sink::as_trend)) {
            let block = second / BLOCK_SECONDS;
            match blocks.last_mut() {
                Some((last, all)) if *last == block => all.merge(trend),
                _ => blocks.push((block, trend.clone())),
            }
        }
    }
    blocks.into_iter().map(|(_, trend)| trend).collect()
}
