//! Whether a run can be judged at all: what is said, in every form, when the generator itself was the bottleneck.
//!
//! Neither a pass nor a fail may be quiet then: the words stand above the thresholds and below the table, and machines
//! get `trustworthy: false` with the reasons.

use loadline_measure::{EventKind, Run, RunEvent, Saturation, Sink, Steered};
use serde_json::{Value, json};

use crate::text::{Line, Role, wrap};

/// The words and the figures, at this indent.
pub(crate) fn trust_lines(saturation: &Saturation, indent: usize, width: usize) -> Vec<Line> {
    let mut lines =
        vec![Line::indented(indent).with(Role::Warning, "! ").with(Role::Warning, Saturation::WORDS)];
    for reason in &saturation.evidence {
        for (index, text) in wrap(reason, width.saturating_sub(indent + 4)).iter().enumerate() {
            let lead = if index == 0 { "↳ " } else { "  " };
            lines.push(Line::indented(indent + 2).with(Role::Dim, lead).with(Role::Dim, text));
        }
    }
    lines
}

/// What people made of the run while it went on, where they did, at this indent.
pub(crate) fn steered_lines(steered: Option<&Steered>, indent: usize, width: usize) -> Vec<Line> {
    let Some(steered) = steered else { return Vec::new() };
    let words = wrap(&steered.to_string(), width.saturating_sub(indent + 2));
    let line = |(index, text): (usize, &String)| {
        let lead = if index == 0 { "! " } else { "  " };
        Line::indented(indent).with(Role::Warning, lead).with(Role::Warning, text)
    };
    words.iter().enumerate().map(line).collect()
}

/// Adds `trustworthy` and `complete` to a JSON object, and `not_trustworthy_because` and `incomplete_because` where it
/// is not; and `steered` where people changed it while it went on.
pub(crate) fn add_trust(object: &mut Value, run: &Run) {
    object["trustworthy"] = run.meta.saturation.is_none().into();
    if let Some(saturation) = &run.meta.saturation {
        object["not_trustworthy_because"] = json!(saturation.evidence);
    }
    if let Some(steered) = &run.meta.steered {
        object["steered"] = steered_json(run, steered);
    }
    let incomplete = run.incomplete();
    object["complete"] = incomplete.is_none().into();
    if let Some(what) = incomplete {
        object["incomplete_because"] = format!("it {what}").into();
    }
}

/// `{ "changes": 2, "paused_ms": 12000, "events": [{ "at_ms": 4000, "words": "search: 200/s, by hand" }] }`.
fn steered_json(run: &Run, steered: &Steered) -> Value {
    let by_hand = |event: &&RunEvent| matches!(event.kind, EventKind::Steer | EventKind::Pause);
    let events = run.meta.events.iter().filter(by_hand);
    let events: Vec<Value> =
        events.map(|event| json!({ "at_ms": event.at_ms, "words": event.words })).collect();
    json!({ "changes": steered.changes, "paused_ms": steered.paused_ms, "events": events })
}

/// Whether the generator's own figures are worth lines in a compact summary: it was saturated, or near a limit.
pub(crate) fn generator_matters(run: &Run) -> bool {
    let most = |name: &str| {
        let metric = run.schema().find(name)?;
        match run.select::<&str, &str>(metric, &[])? {
            Sink::Gauge(gauge) => Some(gauge.max),
            _ => None,
        }
    };
    let near = |used: Option<f64>, limit: Option<f64>| matches!((used, limit), (Some(used), Some(limit)) if limit > 0.0 && used >= 0.9 * limit);
    run.meta.saturation.is_some()
        || near(most("generator_cpu"), Some(f64::from(run.meta.host.cores)))
        || near(most("generator_open_files"), most("generator_open_files_limit"))
}
