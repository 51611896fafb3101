//! The page for machines.

use loadline_pg::diff::{Cause, Flips, Measured, Share, What, Window};
use loadline_pg::plan::Plan;
use serde_json::{Value, json};

use super::report::DiffReport;

/// `{ "version": 1, "before": …, "after": …, "growth": […], "indexes": […], "unused": […], "statements": […],
/// "settings": […], "schema": […], "flips": […], "unplanned": […], "notes": […] }`.
pub fn diff_json(report: &DiffReport) -> Value {
    let changes = &report.changes;
    let growth = changes.growth.iter().map(|growth| {
        json!({
            "name": growth.name,
            "kind": if growth.is_index() { "index" } else { "table" },
            "before": growth.before.map(size),
            "after": growth.after.map(size),
        })
    });
    let indexes = changes.indexes.iter().map(
        |index| json!({ "name": index.name, "table": index.table, "before": index.before, "after": index.after }),
    );
    let unused = changes.unused.iter().map(|index| {
        json!({
            "name": index.name, "table": index.table, "bytes": index.bytes, "scans": index.scans, "rows_written": index.writes,
            "needed": index.needed,
        })
    });
    let statements = changes.statements.iter().map(|change| {
        json!({ "query": change.text, "before": change.before.map(share), "after": change.after.map(share) })
    });
    let settings = changes
        .settings
        .iter()
        .map(|setting| json!({ "name": setting.name, "before": setting.before, "after": setting.after }));
    let schema = changes.schema.iter().map(|piece| {
        let what = match piece.what {
            What::New => "new",
            What::Gone => "gone",
            What::Changed => "changed",
        };
        json!({ "kind": piece.kind, "name": piece.name, "what": what })
    });
    json!({
        "version": 1,
        "before": report.before,
        "after": report.after,
        "later_ms": changes.later_ms,
        "growth": growth.collect::<Vec<_>>(),
        "indexes": indexes.collect::<Vec<_>>(),
        "unused": unused.collect::<Vec<_>>(),
        "use_was_reset": changes.use_was_reset,
        "statements": statements.collect::<Vec<_>>(),
        "window": window(&changes.window),
        "settings": settings.collect::<Vec<_>>(),
        "schema": schema.collect::<Vec<_>>(),
        "planned": report.flips.as_ref().map(|flips| flips.planned),
        "flips": report.flips.as_ref().map(flips),
        "unplanned": report.flips.as_ref().map(unplanned),
        "notes": report.notes,
    })
}

fn size(size: Measured) -> Value {
    json!({ "rows": size.rows, "bytes": size.bytes })
}

fn share(share: Share) -> Value {
    json!({ "calls": share.calls, "time_ms": share.time_ms, "share": share.share, "mean_ms": share.mean_ms })
}

fn window(window: &Window) -> Value {
    match window {
        Window::Uncounted => json!("uncounted"),
        Window::Reset => json!("reset"),
        Window::Between { evictions, lost, ms, .. } => {
            json!({ "evictions": evictions, "lost": lost, "ms": ms })
        }
    }
}

fn plan(plan: &Plan) -> Value {
    json!({ "plan": plan.short(), "fingerprint": plan.fingerprint().to_string(), "cost": plan.root.total_cost })
}

fn flips(flips: &Flips) -> Value {
    let all = flips.flips.iter().map(|flip| {
        let (kind, parts) = match &flip.cause {
            Cause::Alone(parts) => ("alone", parts.as_slice()),
            Cause::Together(parts) => ("together", parts.as_slice()),
            Cause::Unknown => ("unknown", &[][..]),
        };
        let parts = parts.iter().map(|part| json!({ "kind": part.kind.to_string(), "of": part.of }));
        json!({
            "query": flip.text,
            "before": plan(&flip.before),
            "after": plan(&flip.after),
            "cause": { "how": kind, "parts": parts.collect::<Vec<_>>() },
        })
    });
    all.collect()
}

fn unplanned(flips: &Flips) -> Value {
    flips
        .unplanned
        .iter()
        .map(|of| json!({ "query": of.text, "before": of.before, "after": of.after }))
        .collect()
}
