//! The comparison for machines. The form is versioned as that of verdicts is.

use loadline_verdict::Comparison;
use serde_json::{Value, json};

use super::report::ComparisonReport;
use crate::data::{number, outcome_name};

/// ```json
/// { "version": 1, "outcome": "fail", "base": "…", "head": "…", "rounds": 12, "delta": 0.05, "advisory": null,
///   "comparisons": [{ "subject": "search", "quantity": "p95", "base": 11.2, "head": 13.0, "change": 1.16, "low": 1.12,
///     "high": 1.21, "confidence": 0.99, "p": 0.00002, "rounds": 12, "outcome": "fail", "kind": "ratio" }], "deciles": [] }
/// ```
/// `kind` is `ratio` (of head to base) or `difference` (of error shares); latencies are in milliseconds, rates per
/// second.
pub fn comparison_json(report: &ComparisonReport<'_>) -> Value {
    let list = |all: &[Comparison]| all.iter().map(value).collect::<Vec<_>>();
    json!({
        "version": 1,
        "outcome": outcome_name(report.outcome()),
        "base": report.base,
        "head": report.head,
        "rounds": report.rounds,
        "delta": number(report.delta),
        "advisory": report.advisory,
        "comparisons": list(report.comparisons),
        "deciles": list(report.deciles),
    })
}

fn value(one: &Comparison) -> Value {
    json!({
        "subject": one.subject,
        "quantity": one.quantity,
        "base": number(one.base),
        "head": number(one.head),
        "kind": if one.scale.by_difference() { "difference" } else { "ratio" },
        "change": number(one.change),
        "low": number(one.low),
        "high": number(one.high),
        "confidence": number(one.confidence),
        "p": number(one.p),
        "rounds": one.rounds,
        "outcome": outcome_name(one.outcome),
    })
}
