//! The report for machines. The form is versioned: fields may be added under one version, never changed.

use loadline_measure::Run;
use loadline_verdict::Verdict;
use serde_json::{Map, Value, json};

use super::figures::{HitFigures, PERCENTILES};
use crate::caches::caches_json;
use crate::data::{number, verdicts_json};
use crate::folded::add_folded;
use crate::ledger::ledger_json;
use crate::slowest::add_slowest;
use crate::trust::add_trust;

/// The version of the form; it grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The figures and verdicts of a run on one target. Times are in milliseconds; `latency.from` is `request` or
/// `schedule`.
///
/// ```json
/// { "version": 1, "request": "GET http://127.0.0.1/", "duration_ms": 10000,
///   "requests": 161432, "requests_per_s": 16143.2, "failed": 12, "repeated": 0, "dropped": 0,
///   "bytes": { "sent": 7100000, "received": 25300000 },
///   "statuses": { "200": 161420 }, "errors": { "read: connection reset by peer": 12 },
///   "latency": { "from": "request", "answered": true, "min": 0.1, "mean": 1.2, "p50": 1.1, "p75": 1.3, "p90": 1.5,
///     "p95": 1.7, "p99": 3.1, "p99.9": 7.4, "max": 12.9 },
///   "phases": { "waiting": { "requests": 161432, "mean": 1.1, "p99": 3.0, "max": 12.1 } },
///   "passed": true, "budgets": [] }
/// ```
/// Where answers tell of caches, `caches` has what they did: counts of `all`, by `endpoints`, and `silent`, the answers
/// that said nothing of them.
/// Without an answer to any request `latency.answered` is `false`, and its figures say how long those were waited for
/// whose time was over, or are `null`. Each of `budgets` has the form of a verdict.
/// Where requests were in traces, `slowest` has the slowest of each endpoint with them, as verdicts have.
/// `trustworthy` is `false` when the generator was saturated; `not_trustworthy_because` then lists why.
pub fn hit_json(run: &Run, figures: &HitFigures, from_schedule: bool, verdicts: &[Verdict]) -> Value {
    let judged = verdicts_json(run, verdicts);
    // Without any answer, how long was waited in vain is all that is known.
    let in_vain = figures.latency.count() == 0 && figures.given_up.count() > 0;
    let trend = if in_vain { &figures.given_up } else { &figures.latency };
    let figure = |value: Option<f64>| value.map_or(Value::Null, number);
    let mut latency = Map::new();
    latency.insert("from".to_owned(), if from_schedule && !in_vain { "schedule" } else { "request" }.into());
    latency.insert("answered".to_owned(), (figures.latency.count() > 0).into());
    latency.insert("min".to_owned(), figure(trend.min()));
    latency.insert("mean".to_owned(), figure(trend.avg()));
    for percent in PERCENTILES {
        latency.insert(format!("p{percent}"), figure(trend.quantile(percent / 100.0)));
    }
    latency.insert("max".to_owned(), figure(trend.max()));
    let phases: Map<String, Value> = figures
        .phases
        .iter()
        .map(|phase| {
            let value = json!({ "requests": phase.count, "mean": number(phase.mean), "p99": number(phase.p99),
                "max": number(phase.max) });
            (phase.key.to_owned(), value)
        })
        .collect();
    let mut value = json!({
        "version": VERSION,
        "request": figures.name,
        "started_unix_ms": run.meta.started_unix_ms,
        "duration_ms": number((figures.duration.as_secs_f64() * 1000.0).round()),
        "requests": figures.requests,
        "requests_per_s": number(figures.rate()),
        "failed": figures.failed,
        "repeated": figures.repeated,
        "dropped": figures.dropped,
        "bytes": { "sent": number(figures.sent_bytes), "received": number(figures.received_bytes) },
        "statuses": figures.statuses,
        "errors": figures.errors,
        "latency": latency,
        "phases": phases,
        "passed": judged["passed"],
        "budgets": judged["verdicts"],
    });
    value["ledger"] = ledger_json(&figures.ledger);
    if let Some(caches) = &figures.caches {
        value["caches"] = caches_json(caches);
    }
    add_trust(&mut value, run);
    add_folded(&mut value, run);
    add_slowest(&mut value, run);
    value
}
