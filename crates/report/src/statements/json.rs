//! The page for machines.

use loadline_pg::slow::{STORY_MEAN_MS, Statement};
use serde_json::{Value, json};

use super::report::{SlowReport, SlowSource};

/// `{ "version": 1, "source": {…}, "calls": …, "time_ms": …, "statements": […], "slow": […], "row_by_row": […],
/// "notes": […] }`: all statements, the largest share first; those that are slow and those that run row by row by their
/// ids.
pub fn slow_json(report: &SlowReport) -> Value {
    let listing = &report.listing;
    let everything = SlowReport { most: usize::MAX, ..report.clone() };
    let statements: Vec<Value> =
        everything.expensive().into_iter().map(|statement| of_statement(report, statement)).collect();
    let slow: Vec<&str> = report.slow().into_iter().map(|statement| statement.id.as_str()).collect();
    let id = |at: usize| listing.statements.get(at).map(|statement| statement.id.as_str());
    let pairs: Vec<Value> = listing
        .row_by_row
        .iter()
        .map(|pair| {
            json!({
                "parent": id(pair.parent),
                "child": id(pair.child),
                "times": pair.times,
                "executions": pair.executions,
                "per_parent": pair.per_parent(),
                "fewest": pair.range.map(|range| range.0),
                "most": pair.range.map(|range| range.1),
                "evidence": pair.evidence.to_string(),
            })
        })
        .collect();
    json!({
        "version": 1,
        "source": of_source(&report.source),
        "seconds": listing.seconds,
        "calls": listing.calls(),
        "time_ms": listing.time_ms(),
        "statements": statements,
        "others": { "calls": listing.others.calls, "time_ms": listing.others.time_ms },
        "slow_mean_ms": STORY_MEAN_MS,
        "slow": slow,
        "row_by_row": pairs,
        "notes": report.notes,
    })
}

fn of_source(source: &SlowSource) -> Value {
    let kind = source.kind();
    match source {
        SlowSource::Statistics { server, since } => json!({ "kind": kind, "server": server, "since": since }),
        SlowSource::Window { server } => json!({ "kind": kind, "server": server }),
        SlowSource::Portraits { before, after } => json!({ "kind": kind, "before": before, "after": after }),
        SlowSource::Log { name, format, span } => {
            let (first, last) = span.clone().unzip();
            json!({ "kind": kind, "name": name, "format": format, "first": first, "last": last })
        }
    }
}

fn of_statement(report: &SlowReport, statement: &Statement) -> Value {
    let percentiles = statement.percentiles.map(|percentiles| {
        json!({
            "p50": percentiles.p50,
            "p95": percentiles.p95,
            "p99": percentiles.p99,
            "max": percentiles.max,
        })
    });
    json!({
        "id": statement.id,
        "query": statement.text,
        "cut": statement.is_cut,
        "user": statement.user,
        "database": statement.database,
        "calls": statement.calls,
        "timed": statement.timed,
        "time_ms": statement.time_ms,
        "share": report.share(statement),
        "mean_ms": statement.mean_ms(),
        "deviation_ms": statement.deviation_ms,
        "percentiles_ms": percentiles,
        "rows_per_call": statement.rows_per_call,
        "hit_ratio": statement.hit_ratio,
        "temp_bytes": statement.temp_bytes,
        "preparation_ms": statement.preparation_ms,
    })
}
