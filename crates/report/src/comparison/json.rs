//! The comparison for machines. The form is versioned as that of verdicts is.

use loadline_measure::Better;
use loadline_verdict::{Comparison, Ended, FUTILE, Rounds};
use serde_json::{Value, json};

use super::report::{ComparisonReport, Course};
use crate::data::{number, outcome_name};

/// ```json
/// { "version": 1, "outcome": "fail", "base": "…", "head": "…", "rounds": 12, "delta": 0.05, "advisory": null,
///   "comparisons": [{ "subject": "search", "quantity": "p95", "base": 11.2, "head": 13.0, "change": 1.16, "low": 1.12,
///     "high": 1.21, "confidence": 0.99, "p": 0.00002, "rounds": 12, "outcome": "fail", "kind": "ratio" }], "deciles": [] }
/// ```
/// `kind` is `ratio` (of head to base) or `difference` (of error shares); latencies are in milliseconds, rates per
/// second. `ledger` has where the time of requests went, endpoint by endpoint, with `slow` of the slowest twentieth:
///
/// ```json
/// [{ "name": "search", "whole": { "rounds": 12, "base_ms": 11.2, "head_ms": 13.0,
///    "items": [{ "what": "server: db.q7", "base_ms": 2.0, "head_ms": 3.7, "change_ms": 1.7, "interval": [1.5, 1.9] }] },
///    "slow": … }]
/// ```
///
/// Of rounds there is all that the result was worked out from:
///
/// ```json
/// { "ended": "decided", "why": null, "share_delta": 0.005,
///   "plan": { "looks": [{ "rounds": 12, "level": 0.0018 }], "futility": 0.1, "seed": 7, "base_first": [true, false] },
///   "figures": [{ "subject": "search", "quantity": "p95", "unit": "ms", "better": "lower", "base": [11.2], "head": [13.0],
///     "base_values": [500], "head_values": [500] }] }
/// ```
/// `ended` is `decided`, `futile` (no later look was likely to settle what is open), `over` or `stopped`. A figure that
/// a build does not have in a round is null.
pub fn comparison_json(report: &ComparisonReport<'_>) -> Value {
    let list = |all: &[Comparison]| all.iter().map(value).collect::<Vec<_>>();
    let mut whole = json!({
        "version": 1,
        "outcome": outcome_name(report.outcome()),
        "base": report.base,
        "head": report.head,
        "rounds": report.rounds,
        "delta": number(report.delta),
        "advisory": report.advisory,
        "comparisons": list(report.comparisons),
        "deciles": list(report.deciles),
        "ledger": report.ledger,
    });
    if let (Some(course), Some(fields)) = (&report.course, whole.as_object_mut()) {
        fields.insert("ended".to_owned(), json!(ended(course.ended)));
        fields.insert("why".to_owned(), json!(report.why()));
        fields.insert("share_delta".to_owned(), number(course.share_delta));
        fields.insert("plan".to_owned(), plan(course));
        fields.insert("figures".to_owned(), course.figures.iter().map(rounds).collect());
    }
    whole
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Decided => "decided",
        Ended::Futile => "futile",
        Ended::Over => "over",
        Ended::Stopped => "stopped",
    }
}

fn plan(course: &Course<'_>) -> Value {
    let looks =
        course.looks.iter().map(|(rounds, level)| json!({ "rounds": rounds, "level": number(*level) }));
    json!({
        "looks": looks.collect::<Vec<_>>(),
        "futility": FUTILE,
        "seed": course.seed,
        "base_first": course.base_first,
    })
}

fn rounds(figure: &Rounds) -> Value {
    let numbers = |all: &[f64]| all.iter().map(|one| number(*one)).collect::<Vec<_>>();
    json!({
        "subject": figure.subject,
        "quantity": figure.quantity,
        "unit": figure.scale.unit.word(),
        "better": if figure.scale.better == Better::Higher { "higher" } else { "lower" },
        "base": numbers(&figure.base),
        "head": numbers(&figure.head),
        "base_values": figure.base_values,
        "head_values": figure.head_values,
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
