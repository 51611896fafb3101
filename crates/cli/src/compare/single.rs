//! One run against one run.
//!
//! A run cannot tell how far another of the same build would have been. The history can, when it has ten runs of the same
//! script, plan and machine; without them this is advice: the interval then holds what differs within the runs only.

use anyhow::Result;
use loadline_history::Figure;
use loadline_measure::{Run, Sink, Trend};
use loadline_report::ComparisonReport;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{
    BLOCK_SECONDS, Comparison, EVERYTHING, Endpoints, FEWEST_RUNS, Gate, Router, compare_spreads,
    quantile_spread,
};

use super::arguments::CompareArguments;
use super::command::show;
use crate::history::{comparable, open_to_read};
use crate::picked::pick;
use crate::project::Found;

const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
/// Draws of the bootstrap are the same every time.
const SEED: u64 = 1;

/// Compares two Runs.
pub(super) fn compare(
    base: &str,
    head: &str,
    arguments: &CompareArguments,
    found: &Found,
    gate: &Gate,
) -> std::result::Result<Ending, Failure> {
    let picked = |name| pick(name, &arguments.place, found).ends(Ending::CouldNotRun);
    let (base_picked, head_picked) = (picked(base)?, picked(head)?);
    let unended = [(base, &base_picked), (head, &head_picked)].into_iter().find_map(|(name, picked)| {
        Some(format!("`{name}` is no whole run, it {}", picked.incomplete.as_deref()?))
    });
    let (base_run, head_run) = (base_picked.run, head_picked.run);
    if let Some(why) = unended.or_else(|| incomparable(&base_run, &head_run))
        && !arguments.force
    {
        return Err(Failure::new(
            Ending::Configuration,
            format!(
                "`{base}` and `{head}` cannot be compared: {why}\nhint: `--force` compares them all the same"
            ),
        ));
    }
    let endpoints = if found.path.is_some() {
        found.project.endpoints.clone()
    } else {
        Endpoints::of_texts(&head_run.meta.endpoints)
    };
    let names: Vec<&str> =
        std::iter::once(EVERYTHING).chain(endpoints.iter().map(|endpoint| endpoint.name.as_str())).collect();
    // A history that is not there, or knows too few runs, is no error: the comparison is advice then.
    let between = earlier(arguments, found, &head_run).ok().filter(|past| past.len() >= FEWEST_RUNS);
    let comparisons: Vec<Comparison> = names
        .iter()
        .flat_map(|name| {
            let (base, head) = (blocks(&base_run, name, &endpoints), blocks(&head_run, name, &endpoints));
            let between = &between;
            QUANTILES.iter().filter_map(move |(quantity, q)| {
                let spreads = (quantile_spread(&base, *q, SEED)?, quantile_spread(&head, *q, SEED + 1)?);
                let between = between.as_ref().and_then(|past| deviation(past, name, quantity));
                Some(compare_spreads(name, quantity, &spreads.0, &spreads.1, between, gate))
            })
        })
        .collect();
    if comparisons.is_empty() {
        let why = format!("there is nothing to compare: `{base}` and `{head}` have no request in common");
        return Err(Failure::new(Ending::CouldNotRun, why));
    }
    let report = ComparisonReport {
        name: "runs",
        base,
        head,
        comparisons: &comparisons,
        delta: gate.delta,
        rounds: 1,
        advisory: between.is_none().then_some(
            "one run cannot tell how much runs of the same build differ, and the history has fewer than ten of this kind; interleave rounds with `--a` and `--b` for a verdict",
        ),
        deciles: &[],
    };
    show(&report, &arguments.output, arguments.inconclusive.on_inconclusive)
}

/// The figures of the earlier runs of the same kind, a list for each run.
fn earlier(arguments: &CompareArguments, found: &Found, run: &Run) -> Result<Vec<Vec<Figure>>> {
    let mut history = open_to_read(&arguments.place, found)?;
    let records = comparable(&mut history, &run.meta.fingerprint(), None)?;
    Ok(records.iter().map(|record| history.figures(record.id)).collect::<Result<_, _>>()?)
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

/// Why two runs are not of the same thing.
fn incomparable(base: &Run, head: &Run) -> Option<String> {
    let (left, right) = (&base.meta.origin, &head.meta.origin);
    let name = |run: &Run| run.meta.name.clone();
    if name(base) != name(head) {
        return Some(format!("one is of `{}`, the other of `{}`", name(base), name(head)));
    }
    if left.plan != right.plan {
        return Some(format!("their plans differ: {} against {}", left.plan, right.plan));
    }
    if left.script_hash != right.script_hash {
        return Some("the script or its options have changed between them".to_owned());
    }
    let host = |run: &Run| format!("{} with {} cores", run.meta.host.name, run.meta.host.cores);
    (host(base) != host(head))
        .then(|| format!("they ran on different machines: {} and {}", host(base), host(head)))
}

/// The latencies of what is named, in blocks of time.
fn blocks(run: &Run, name: &str, endpoints: &Endpoints) -> Vec<Trend> {
    let Some(metric) = run.schema().find("http_req_duration") else { return Vec::new() };
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
