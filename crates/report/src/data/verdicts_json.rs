//! Verdicts for machines. The form is versioned: fields may be added under one version, never changed.

use loadline_measure::Run;
use loadline_verdict::{Certainty, Outcome, Rule, Verdict};
use serde_json::{Value, json};

use super::json_value::number;
use crate::folded::add_folded;
use crate::slowest::add_slowest;
use crate::trust::add_trust;

/// The version of the form; it grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The word for an outcome in JSON: `pass`, `fail`, `no_data` or `inconclusive`.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::NoData => "no_data",
        Outcome::Inconclusive => "inconclusive",
    }
}

/// All verdicts of a run as JSON.
///
/// ```json
/// { "version": 1, "run": { "name": "mix.ts", "started_unix_ms": 1785542400000, "duration_ms": 60000 }, "passed": false,
///   "verdicts": [{ "rule": "threshold", "selector": "http_req_duration{scenario:search}", "expression": "p(95)<500", "outcome": "fail",
///     "fails": true, "metric": "http_req_duration", "aggregate": "p(95)", "observed": 641.02, "limit": 500,
///     "unit": "time", "exact": true, "values": 840, "evidence": "p(95) = 641.02 ms; 777 of 840 values …" }] }
/// ```
/// `rule` is `threshold`, or `budget` for one of the project's, whose `selector` is an endpoint or a metric. `outcome` is `pass`, `fail`, `no_data` or `inconclusive`; `fails` says whether the run fails by it, which no data
/// may or may not; `observed` is `null` without data, and where it is a time that never came; `unit` is `default`, `time` (milliseconds) or `data` (bytes).
/// `trustworthy` stands beside them; where it is `false`, because the generator was saturated, `not_trustworthy_because`
/// lists why, and neither `passed` nor a failure means anything. `complete` says whether the run is whole; where it is not,
/// `incomplete_because` says what became of it, and a verdict on the run itself fails. A `slope` is in that unit per hour, and has an `interval` of `low`, `high` and `confidence`; other aggregates have `null`.
/// `certainty` says of a budget on a share or a percentile whether another run would come to the same: `certain`, `likely` or `open`;
/// `more_seconds` of the same load would make it certain, `null` where it is or where the limit is too close to tell.
/// Where requests were in traces, `slowest` has the slowest of each endpoint: `took_ms`, `trace`, `span`, `ended_unix_ms`,
/// `status` (0 without an answer), `server_ms` and `parts_ms` as its server's spans have them, or `null` and nothing.
/// Where tags had too many values to keep apart, `folded_tags` lists each with `values_kept` and `samples_folded`.
pub fn verdicts_json(run: &Run, verdicts: &[Verdict]) -> Value {
    let list: Vec<Value> = verdicts.iter().map(verdict_value).collect();
    let mut value = json!({
        "version": VERSION,
        "run": {
            "name": run.meta.name,
            "started_unix_ms": run.meta.started_unix_ms,
            "duration_ms": number((run.duration.as_secs_f64() * 1000.0).round()),
        },
        "passed": verdicts.iter().all(|verdict| !verdict.fails),
        "verdicts": list,
    });
    add_trust(&mut value, run);
    add_folded(&mut value, run);
    add_slowest(&mut value, run);
    value
}

fn verdict_value(verdict: &Verdict) -> Value {
    json!({
        "rule": match verdict.rule {
            Rule::Threshold => "threshold",
            Rule::Budget => "budget",
        },
        "selector": verdict.selector,
        "expression": verdict.expression,
        "outcome": outcome_name(verdict.outcome),
        "fails": verdict.fails,
        "metric": verdict.metric,
        "aggregate": verdict.aggregate,
        "observed": verdict.observed.map(number),
        "interval": verdict.interval.map(|interval| json!({
            "low": number(interval.low),
            "high": number(interval.high),
            "confidence": number(interval.confidence),
        })),
        "limit": number(verdict.limit),
        "unit": verdict.unit.contains(),
        "exact": verdict.exact,
        "values": verdict.values,
        "evidence": verdict.evidence,
        "certainty": verdict.certainty.map(|certainty| match certainty {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Open => "open",
        }),
        "more_seconds": verdict.more_s.map(number),
        "trustworthy": verdict.trustworthy,
    })
}
