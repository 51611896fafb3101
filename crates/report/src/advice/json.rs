//! Advice for machines: all of it.

use loadline_advise::advice::Piece;
use loadline_advise::binding::Binding;
use loadline_advise::candidate::Cut;
use loadline_advise::statistics::Rule;
use loadline_advise::workload::{Origin, Workload};
use loadline_pg::existing::{Drop, Reason};
use serde_json::{Value, json};

use super::report::AdviceReport;
use super::sql::advice_steps;
use super::words::{kind, omitted, reason};

/// `{ "version": 1, "database": …, "serverVersion": …, "madeMs": …, "origin": {…}, "indexes": […], "drops": […],
/// "rejected": […], "rewrites": […], "statistics": […], "analyze": […], "prepare": […], "statements": […], "leftOut":
/// […], "notTried": […], "candidates": …, "plans": …, "cached": …, "lost": […] }`: statements are named by their place
/// in `statements`, costs are the planner's, shares are of the workload's time.
pub fn advice_json(report: &AdviceReport) -> Value {
    let AdviceReport { portrait, workload, advice, .. } = report;
    let of_pieces: Vec<_> = advice.pieces.iter().map(|piece| &piece.index).collect();
    let rules = report.rules(&of_pieces);
    let indexes: Vec<Value> =
        advice.pieces.iter().zip(rules).map(|(piece, rule)| of_piece(report, piece, rule)).collect();
    let statements: Vec<Value> = workload
        .statements
        .iter()
        .enumerate()
        .map(|(at, asked)| {
            let error = advice.unplanned.iter().find(|one| one.statement == at).map(|one| &one.why);
            let endpoints: Vec<Value> =
                asked.endpoints.iter().map(|(name, calls)| json!({ "name": name, "calls": calls })).collect();
            json!({
                "text": asked.text,
                "calls": asked.calls,
                "timeMs": asked.ms,
                "rowsPerCall": asked.rows,
                "shareOfTime": report.share(at),
                "endpoints": endpoints,
                "bindings": report.bindings(at).iter().map(of_binding).collect::<Vec<_>>(),
                "costBefore": advice.before.get(at),
                "costAfter": advice.after.get(at),
                "error": error,
            })
        })
        .collect();
    let of_rejected: Vec<_> = advice.rejected.iter().map(|one| &one.index).collect();
    let rules = report.rules(&of_rejected);
    let rejected: Vec<Value> = advice
        .rejected
        .iter()
        .zip(rules)
        .map(|(one, rule)| json!({"index": one.index.body(), "why": one.why.to_string(), "storyRule": of_rule(rule)}))
        .collect();
    let drops: Vec<Value> = report.drops.iter().map(|drop| of_drop(report, drop)).collect();
    let left_out: Vec<Value> = workload
        .omitted
        .iter()
        .map(|(what, count)| json!({ "what": what.key(), "count": count, "words": omitted(*what, *count) }))
        .collect();
    let cut = |(statement, cut): (&usize, &Cut)| json!({ "statement": statement, "candidates": cut.candidates, "equalKeys": cut.keys });
    let not_tried: Vec<Value> = advice.cut.iter().map(cut).collect();
    let lost: Vec<Value> =
        report.lost.iter().map(|loss| json!({ "what": loss.what, "why": loss.why })).collect();
    json!({
        "version": 1,
        "database": portrait.server.database,
        "serverVersion": portrait.server.version,
        "madeMs": portrait.made_ms,
        "origin": origin(workload),
        "indexes": indexes,
        "drops": drops,
        "rejected": rejected,
        "rewrites": rewrites(report),
        "statistics": statistics(report),
        "analyze": analyze(report),
        "prepare": prepare(report),
        "statements": statements,
        "leftOut": left_out,
        "notTried": not_tried,
        "candidates": advice.candidates,
        "plans": advice.plans,
        "cached": advice.cached,
        "lost": lost,
    })
}

fn origin(workload: &Workload) -> Value {
    match workload.origin {
        Origin::Chosen => json!({ "kind": "chosen" }),
        Origin::Server(seconds) => json!({ "kind": "server", "seconds": seconds }),
        Origin::Run(seconds) => json!({ "kind": "run", "seconds": seconds }),
    }
}

/// Changes of statements that pay, how many do not, and how many were not tried.
fn rewrites(report: &AdviceReport) -> Value {
    let found = &report.remarks.proposals;
    let changes: Vec<Value> = found
        .proposals
        .iter()
        .map(|one| {
            let indexes: Vec<Value> = one
                .indexes
                .iter()
                .map(|piece| {
                    let is_partitioned = piece.is_partitioned();
                    json!({ "index": piece.index.body(), "build": piece.index.create(is_partitioned),
                            "rollback": piece.index.rollback(is_partitioned), "bytes": piece.bytes,
                            "advised": report.number_of(&piece.index).is_some() })
                })
                .collect();
            json!({
                "statement": one.statement,
                "change": one.rewrite.change.key(),
                "words": one.rewrite.change.words(),
                "text": one.rewrite.text,
                "costBefore": one.before,
                "costWithoutIndexes": one.bare,
                "costAfter": one.after,
                "needs": indexes,
                "cautions": one.rewrite.cautions,
                "method": "ghost",
            })
        })
        .collect();
    json!({ "found": changes, "inVain": found.in_vain, "untried": found.untried })
}

fn statistics(report: &AdviceReport) -> Vec<Value> {
    let of = report.remarks.correlated.iter().map(|one| {
        json!({ "statement": one.create, "rollback": one.rollback, "table": one.table, "columns": one.columns,
                "rowsExpected": one.expected, "rowsCounted": one.counted, "serves": one.statements, "method": "inferred" })
    });
    of.collect()
}

fn analyze(report: &AdviceReport) -> Vec<Value> {
    let of = report.remarks.stale.iter().map(
        |one| json!({ "statement": one.statement, "table": one.table, "rowsChanged": one.changed, "rows": one.rows }),
    );
    of.collect()
}

fn prepare(report: &AdviceReport) -> Vec<Value> {
    let of = report.remarks.unprepared.iter().map(|one| {
        json!({ "statement": one.statement, "preparationMs": one.preparation_ms, "executionMs": one.ms, "method": "inferred" })
    });
    of.collect()
}

fn of_rule(rule: Option<Rule>) -> Value {
    rule.map_or(
        Value::Null,
        |rule| json!({ "holds": rule.holds(), "distinct": rule.distinct, "correlation": rule.correlation }),
    )
}

fn of_piece(report: &AdviceReport, piece: &Piece, rule: Option<Rule>) -> Value {
    let is_partitioned = piece.is_partitioned();
    let serves: Vec<Value> = piece
        .serves
        .iter()
        .map(|served| {
            json!({"statement": served.statement, "costBefore": served.before, "costAfter": served.after,
                   "shareOfTime": report.share(served.statement)})
        })
        .collect();
    json!({
        "statement": piece.index.create(is_partitioned),
        "rollback": piece.index.rollback(is_partitioned),
        "steps": is_partitioned.then(|| advice_steps(piece)),
        "method": "ghost",
        "costBefore": piece.before,
        "costAfter": piece.after,
        "bytes": piece.bytes,
        "writeCost": piece.writes,
        "endsHot": piece.ends_hot,
        "storyRule": of_rule(rule),
        "serves": serves,
        "shareOfTime": report.share_served(piece),
        "endpoints": report.endpoints(piece),
    })
}

fn of_binding(binding: &Binding) -> Value {
    let values: Vec<Value> =
        binding.values.iter().map(|(number, value)| json!({ "parameter": number, "value": value })).collect();
    json!({
        "kind": kind(binding.kind),
        "shareOfExecutions": binding.share,
        "rowsExpected": binding.rows,
        "values": values,
    })
}

fn of_drop(report: &AdviceReport, drop: &Drop) -> Value {
    let (kind, other) = match &drop.reason {
        Reason::Invalid => ("invalid", None),
        Reason::Duplicate(other) => ("duplicate", Some(other)),
        Reason::Covered(other) => ("covered", Some(other)),
        Reason::Unused => ("unused", None),
    };
    json!({
        "name": format!("{}.{}", drop.schema, drop.name),
        "table": drop.table,
        "bytes": drop.bytes,
        "reason": kind,
        "by": other,
        "why": reason(drop, |name| report.is_advised(name)),
        "statement": drop.statement,
        "rollback": drop.rollback,
        "cautions": drop.cautions,
    })
}
