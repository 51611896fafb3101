//! Where the time went, as evidence of the verdicts that requests were too slow for.

use std::collections::HashMap;

use loadline_measure::{Ledger, Phase, Run, Unit, response_time};
use loadline_verdict::{Endpoints, Selector, Verdict};

use crate::item::{Item, What};
use crate::reading::{Reading, by_endpoint, reading_of};
use crate::told;

/// So many verdicts are explained: nobody reads more, and a thousand selectors on a thousand tag sets take their time.
const MOST_EXPLAINED: usize = 100;

/// Adds to the evidence of each verdict that requests are too slow what makes the slow ones slow. Verdicts on anything
/// else stay as they are.
pub fn explain(verdicts: &mut [Verdict], run: &Run) {
    let endpoints = Endpoints::of_texts(&run.meta.endpoints);
    let is_slow =
        |verdict: &Verdict| verdict.fails && verdict.observed.is_some() && verdict.unit == Unit::Milliseconds;
    let mut slow = verdicts.iter_mut().filter(|verdict| is_slow(verdict)).take(MOST_EXPLAINED).peekable();
    if slow.peek().is_none() {
        return;
    }
    let ledgers = by_endpoint(run, &endpoints);
    for verdict in slow {
        if let Some(words) = reason(verdict, run, &ledgers) {
            verdict.evidence += if verdict.evidence.is_empty() { "" } else { "; " };
            verdict.evidence += &words;
        }
    }
}

/// Why the requests that a verdict judges are slow: those around its percentile, or all of them.
fn reason(verdict: &Verdict, run: &Run, ledgers: &HashMap<&str, Ledger>) -> Option<String> {
    let is_felt =
        response_time(run.schema()).is_some_and(|id| run.schema().metric(id).name == verdict.metric);
    if !is_felt && verdict.metric != "http_req_duration" {
        return None;
    }
    let quantile = quantile(&verdict.aggregate);
    let reading = judged(verdict, run, ledgers, quantile.unwrap_or(0.95))?;
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
fn judged(verdict: &Verdict, run: &Run, ledgers: &HashMap<&str, Ledger>, quantile: f64) -> Option<Reading> {
    if let Some(ledger) = ledgers.get(verdict.selector.as_str()) {
        return Reading::of(&verdict.selector, ledger, run, quantile);
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
