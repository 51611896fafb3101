//! The baselines that are kept.

use loadline_measure::RunRecord;
use serde_json::{Value, json};

use crate::history::{moment, short_commit};
use crate::text::plain;

/// A baseline.
#[derive(Clone, Debug)]
pub struct SavedBaseline<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its runs have in common.
    pub fingerprint: &'a str,
    /// When it was saved, in milliseconds since 1970 UTC.
    pub saved_unix_ms: i64,
    /// The numbers of its runs.
    pub runs: &'a [i64],
    /// The runs themselves, where they are to be shown.
    pub records: Vec<RunRecord>,
}

/// The baselines, a line each, with a line for each run that is to be shown.
pub fn baselines_text(baselines: &[SavedBaseline<'_>]) -> String {
    let mut text = String::new();
    for one in baselines {
        text += &format!("{}: {} runs, saved {}\n", one.name, one.runs.len(), moment(one.saved_unix_ms));
        for record in &one.records {
            let (started, commit) = (moment(record.started_unix_ms), short_commit(&record.commit));
            text += &format!("  {:>6}  {started}  {commit}\n", record.id);
        }
    }
    if text.is_empty() {
        "no baseline is saved; `loadline baseline save NAME` keeps the last runs\n".to_owned()
    } else {
        plain(&text)
    }
}

/// The baselines for machines:
/// `{ "version": 1, "baselines": [{ "name": "release-1.4", "fingerprint": "…", "saved_unix_ms": 1785542400000, "runs":
/// [1, 2] }] }`.
pub fn baselines_json(baselines: &[SavedBaseline<'_>]) -> Value {
    let list: Vec<Value> = baselines
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "fingerprint": one.fingerprint,
                "saved_unix_ms": one.saved_unix_ms,
                "runs": one.runs,
            })
        })
        .collect();
    json!({ "version": 1, "baselines": list })
}
