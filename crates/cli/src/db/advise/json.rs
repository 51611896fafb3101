//! Advice for programs.

use serde_json::{Value, json};

use super::found::Found;
use super::words::steps;
use crate::db::source::lost_json;

/// All that was found.
pub(super) fn advice_json(found: &Found) -> Value {
    let Found { portrait, workload, advice, lost } = found;
    let ms = workload.ms();
    let share = |statement: usize| ms.and_then(|ms| Some(workload.statements[statement].ms? / ms));
    let indexes: Vec<Value> = advice
        .pieces
        .iter()
        .map(|piece| {
            let is_partitioned = !piece.partitions.is_empty();
            let serves: Vec<Value> = piece
                .serves
                .iter()
                .map(|served| {
                    json!({"statement": served.statement, "costBefore": served.before, "costAfter": served.after,
                           "shareOfTime": share(served.statement)})
                })
                .collect();
            json!({
                "statement": piece.index.create(is_partitioned),
                "rollback": piece.index.rollback(is_partitioned),
                "steps": is_partitioned.then(|| format!("-- without keeping writes out for long:\n{}", steps(piece))),
                "method": "ghost",
                "costBefore": piece.before,
                "costAfter": piece.after,
                "bytes": piece.bytes,
                "writeCost": piece.writes,
                "serves": serves,
            })
        })
        .collect();
    let statements: Vec<Value> = workload
        .statements
        .iter()
        .enumerate()
        .map(|(at, asked)| {
            let error = advice.unplanned.iter().find(|one| one.statement == at).map(|one| &one.why);
            json!({"text": asked.text, "calls": asked.calls, "shareOfTime": share(at),
                   "costBefore": advice.before.get(at), "costAfter": advice.after.get(at), "error": error})
        })
        .collect();
    let rejected: Vec<Value> =
        advice.rejected.iter().map(|one| json!({"index": one.index.body(), "why": one.why})).collect();
    json!({
        "database": portrait.server.database,
        "version": portrait.server.version,
        "madeMs": portrait.made_ms,
        "indexes": indexes,
        "rejected": rejected,
        "statements": statements,
        "candidates": advice.candidates,
        "plans": advice.plans,
        "lost": lost_json(lost),
    })
}
