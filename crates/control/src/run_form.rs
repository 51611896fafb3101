//! A run in k6's form: its status, metrics and groups as JSON:API has them.
//!
//! <https://grafana.com/docs/k6/latest/reference/k6-rest-api/>

use loadline_load::{RunStatus, Standing};
use loadline_measure::{RunEvent, RunEvents};
use serde_json::{Value, json};

use crate::board::Figures;

/// k6's numbers of how far a test is.
fn number(status: &RunStatus) -> u8 {
    match status.standing {
        Standing::Preparing => 1,
        Standing::Held => 4,
        Standing::Running => 7,
        Standing::Over if status.stopping => 10,
        Standing::Over => 9,
    }
}

/// What `/v1/status` answers; `meta` is ours.
pub(crate) fn status(status: &RunStatus, tainted: bool) -> Value {
    json!({
        "data": {
            "type": "status",
            "id": "default",
            "attributes": {
                "status": number(status),
                "paused": status.paused,
                "vus": status.vus,
                "vus-max": status.vus_max,
                "stopped": status.stopping,
                "running": status.standing == Standing::Running,
                "tainted": tainted,
            },
        },
        "meta": meta(status),
    })
}

/// What k6 has not: which change was the last, and how much time is a pause.
pub(crate) fn meta(status: &RunStatus) -> Value {
    json!({
        "revision": status.revision,
        "standing": standing(status),
        "paused": status.paused,
        "stopping": status.stopping,
        "elapsed-ms": status.elapsed.as_millis() as u64,
        "paused-ms": status.paused_for.as_millis() as u64,
    })
}

fn standing(status: &RunStatus) -> &'static str {
    match status.standing {
        Standing::Preparing => "preparing",
        Standing::Held => "held",
        Standing::Running => "running",
        Standing::Over => "over",
    }
}

/// What `/v1/metrics` answers.
pub(crate) fn metrics(figures: &Figures) -> Value {
    let all: Vec<Value> = figures.metrics.iter().map(|(name, figure)| metric(name, figure)).collect();
    json!({ "data": all })
}

/// A metric, or a part of one.
pub(crate) fn metric(name: &str, figure: &Value) -> Value {
    let thresholds = figure["thresholds"].as_object();
    let failed = |(_, threshold): (&String, &Value)| threshold["ok"] == json!(false);
    json!({
        "type": "metrics",
        "id": name,
        "attributes": {
            "type": figure["type"],
            "contains": figure["contains"],
            "tainted": thresholds.map(|thresholds| thresholds.iter().any(failed)),
            "sample": figure["values"],
        },
    })
}

/// What `/v1/groups` answers: the root and all below it, outer before inner.
pub(crate) fn groups(root: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    add_group(&mut all, root, None);
    all
}

fn add_group(all: &mut Vec<Value>, group: &Value, parent: Option<&Value>) {
    let Some(id) = group.get("id") else { return };
    let below: Vec<&Value> = group["groups"].as_array().into_iter().flatten().collect();
    let pointer = |id: &Value| json!({ "type": "groups", "id": id });
    let children: Vec<Value> = below.iter().map(|group| pointer(&group["id"])).collect();
    all.push(json!({
        "type": "groups",
        "id": id,
        "attributes": { "path": group["path"], "name": group["name"], "checks": group["checks"] },
        "relationships": {
            "groups": { "data": children },
            "parent": { "data": parent.map(pointer) },
        },
    }));
    for group in below {
        add_group(all, group, Some(id));
    }
}

/// What `/v1/events` answers: what happened to the run so far, and what its plan has.
pub(crate) fn events(events: &RunEvents) -> Value {
    let event = |event: &RunEvent| {
        json!({
            "type": "events",
            "attributes": { "at-ms": event.at_ms, "kind": event.kind.word(), "words": event.words },
        })
    };
    json!({ "data": events.iter().map(event).collect::<Vec<_>>(), "meta": { "left-out": events.left_out() } })
}
