//! One run of a history: what it was, how it was judged, its figures.

use loadline_measure::{Figure, RunRecord};
use loadline_units as units;
use serde_json::{Value, json};

use super::words::{moment, short_commit, state_words};
use crate::figure_text::figure_text;
use crate::text::{column, plain, widest};

/// A run for people; `place` is the history it is in, and `incomplete` what became of it when it is not whole.
pub fn run_text(record: &RunRecord, figures: &[Figure], incomplete: Option<&str>, place: &str) -> String {
    let mut text = String::new();
    let facts = [
        ("run", format!("{} of {place}", record.id)),
        ("name", record.name.clone()),
        ("started", moment(record.started_unix_ms)),
        ("length", units::time(record.duration_ms as f64)),
        ("plan", record.plan.clone()),
        ("commit", [short_commit(&record.commit), &record.branch].join(" ").trim().to_owned()),
        ("target", record.target_version.clone()),
        ("machine", record.host.clone()),
        (
            "outcome",
            format!("{} {}: {}", record.outcome, state_words(record), record.words).replace(" :", ":"),
        ),
        ("whole", incomplete.map(|what| format!("no: it {what}")).unwrap_or_default()),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("  {name:9}{value}\n");
    }
    text.push('\n');
    let width = widest(figures.iter().map(|figure| figure.subject.as_str()));
    for figure in figures {
        text += &format!(
            "  {}  {:7}{:>12}  of {} values\n",
            column(&figure.subject, width),
            figure.quantity,
            figure_text(figure.value, &figure.scale),
            units::count(figure.values)
        );
    }
    plain(&text)
}

/// A run for machines: what a list has of it, whether it is `complete`, or else `incomplete_because`, and `figures`.
pub fn run_json(record: &RunRecord, figures: &[Figure], incomplete: Option<&str>) -> Value {
    let mut value = record_value(record);
    value["complete"] = incomplete.is_none().into();
    if let Some(what) = incomplete {
        value["incomplete_because"] = format!("it {what}").into();
    }
    value["figures"] = figures
        .iter()
        .map(|figure| {
            json!({
                "subject": figure.subject,
                "quantity": figure.quantity,
                "value": figure.value,
                "unit": figure.scale.unit.word(),
                "values": figure.values,
            })
        })
        .collect();
    value
}

/// What a list has of a run.
pub(super) fn record_value(record: &RunRecord) -> Value {
    json!({
        "run": record.id,
        "started_unix_ms": record.started_unix_ms,
        "name": record.name,
        "fingerprint": record.fingerprint,
        "plan": record.plan,
        "commit": record.commit,
        "branch": record.branch,
        "target_version": record.target_version,
        "host": record.host,
        "state": record.state.word(),
        "duration_ms": record.duration_ms,
        "outcome": record.outcome.word(),
        "words": record.words,
        "saturated": record.saturated,
        "annotations": record.annotations,
    })
}
