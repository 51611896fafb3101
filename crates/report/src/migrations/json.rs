//! The page for machines.

use loadline_pg::plan::Plan;
use serde_json::{Value, json};

use super::report::CheckReport;
use super::words::table;

/// `{ "version": 1, "steps": […], "held": […], "statements": […], "broken": […], "notes": […] }`.
pub fn check_json(report: &CheckReport) -> Value {
    let steps = report.steps.iter().map(|step| {
        let touched = step.touched.iter().map(|touched| {
            let built =
                touched.built.iter().map(|built| json!({ "index": built.name, "bytes": built.bytes }));
            let checks = touched.checks.iter().map(|check| table(&check.referred));
            json!({
                "table": table(&touched.table),
                "lock": touched.lock.to_string(),
                "blocks": touched.lock.blocks().to_string(),
                "rewritten": touched.rewritten,
                "scans": touched.scans,
                "built": built.collect::<Vec<_>>(),
                "checked_against": checks.collect::<Vec<_>>(),
                "seconds": touched.seconds(&report.before, report.rate),
            })
        });
        json!({
            "file": step.file,
            "statement": step.statement,
            "transaction": step.transaction,
            "works_on_rows": step.is_open,
            "touched": touched.collect::<Vec<_>>(),
        })
    });
    let held = report.held();
    let held = held.iter().map(|held| {
        json!({
            "file": held.file, "transaction": held.transaction, "table": table(&held.table),
            "lock": held.lock.to_string(), "blocks": held.blocks.to_string(), "seconds": held.seconds, "and_rows": held.is_open,
        })
    });
    let statements = report.checked.iter().map(|checked| {
        json!({
            "query": checked.text,
            "before": plan(&checked.before),
            "after": plan(&checked.after),
            "another_plan": checked.is_flipped(),
            "growth": checked.growth(),
        })
    });
    let broken = report
        .broken
        .iter()
        .map(|broken| json!({ "budget": broken.budget, "what": broken.what, "why": broken.why }));
    json!({
        "version": 1,
        "of": report.of,
        "bytes_per_second": report.rate.0,
        "steps": steps.collect::<Vec<_>>(),
        "held": held.collect::<Vec<_>>(),
        "statements": statements.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

fn plan(plan: &Result<Plan, String>) -> Value {
    match plan {
        Ok(plan) => json!({ "plan": plan.short(), "cost": plan.root.total_cost }),
        Err(why) => json!({ "error": why }),
    }
}
