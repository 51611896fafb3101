//! Where the time went, as evidence of the verdicts that requests were too slow for.

use loadline_measure::{Phase, Run, TagSet, Unit, response_time};
use loadline_verdict::{Endpoints, Router, Selector, Verdict};

use crate::item::{Item, What};
use crate::reading::{Reading, reading_of};
use crate::told;

/// Adds to the evidence of each verdict that requests are too slow what makes the slow ones slow. Verdicts on anything
/// else stay as they are.
pub fn explain(verdicts: &mut [Verdict], run: &Run) {
    let endpoints = Endpoints::of_texts(&run.meta.endpoints);
    let is_slow =
        |verdict: &Verdict| verdict.fails && verdict.observed.is_some() && verdict.unit == Unit::Milliseconds;
    for verdict in verdicts.iter_mut().filter(|verdict| is_slow(verdict)) {
        if let Some(words) = reason(verdict, run, &endpoints) {
            verdict.evidence += if verdict.evidence.is_empty() { "" } else { "; " };
            verdict.evidence += &words;
        }
    }
}

/// Why the requests that a verdict judges are slow: those around its percentile, or all of them.
fn reason(verdict: &Verdict, run: &Run, endpoints: &Endpoints) -> Option<String> {
    let is_felt =
        response_time(run.schema()).is_some_and(|id| run.schema().metric(id).name == verdict.metric);
    if !is_felt && verdict.metric != "http_req_duration" {
        return None;
    }
    let quantile = quantile(&verdict.aggregate);
    let reading = judged(verdict, run, endpoints, quantile.unwrap_or(0.95))?;
    // What `http_req_duration` leaves out is in the account of an open model.
    let before = |item: &Item| matches!(item.what, What::Phase(phase) if phase < Phase::Sending);
    if !is_felt && reading.whole.items.iter().any(before) {
        return None;
    }
    match quantile {
        Some(quantile) if quantile > 0.5 => told::gap_words(reading.gap.as_ref()?),
        _ => told::whole_words(&reading),
    }
}

/// The percentile of an aggregate, from 0 to 1: of `p(95)`, `p95`, `max`. None of a mean.
fn quantile(aggregate: &str) -> Option<f64> {
    match aggregate {
        "max" => Some(0.999),
        "med" | "median" => Some(0.5),
        other => {
            let number = other.strip_prefix('p')?.trim_matches(['(', ')']);
            number.parse::<f64>().ok().map(|percent| percent / 100.0)
        }
    }
}

/// The account of what a verdict judges.
fn judged(verdict: &Verdict, run: &Run, endpoints: &Endpoints, quantile: f64) -> Option<Reading> {
    if endpoints.contains(&verdict.selector) {
        let router = Router::new(endpoints);
        let is_it = |tags: &TagSet| router.of_tags(tags).contains(&verdict.selector.as_str());
        return reading_of(&verdict.selector, run, quantile, &is_it);
    }
    let selector = Selector::parse(&verdict.selector).ok()?;
    reading_of(&verdict.selector, run, quantile, &|tags| selector.matches(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_read_as_thresholds_and_budgets_write_them() {
        for (aggregate, expected) in [("p(95)", 0.95), ("p99.9", 0.999), ("med", 0.5), ("max", 0.999)] {
            assert!((quantile(aggregate).unwrap() - expected).abs() < 1e-9, "{aggregate}");
        }
        assert_eq!(["avg", "mean", "rate"].map(quantile), [None; 3]);
    }
}
