//! Runs in a list.

use loadline_measure::{RunRecord, RunState};
use loadline_units as units;
use serde_json::{Value, json};

use super::one::record_value;
use super::words::{moment, short_commit, state_words};
use crate::text::{Line, Role, column, plain, widest};

/// A table with a line of titles for a terminal of `width` columns; what is wide gives way at the end of the line.
pub fn runs_table(records: &[RunRecord], width: usize) -> Vec<Line> {
    let mut table = vec![["run", "started", "length", "commit", "name", "outcome"].map(str::to_owned)];
    table.extend(records.iter().map(|record| {
        if record.state == RunState::Damaged {
            let [nothing, number] = [String::new(), record.id.to_string()];
            let why = record.words.clone();
            return [number, nothing.clone(), nothing.clone(), nothing, why, record.state.to_string()];
        }
        [
            record.id.to_string(),
            moment(record.started_unix_ms),
            units::time(record.duration_ms as f64),
            short_commit(&record.commit).to_owned(),
            record.name.clone(),
            format!("{} {}", record.outcome, state_words(record)).trim_end().to_owned(),
        ]
    }));
    let widths: [usize; 6] =
        std::array::from_fn(|column| widest(table.iter().map(|row| row[column].as_str())));
    let lines = table.iter().enumerate().map(|(index, row)| {
        let mut line = Line::indented(2);
        for (place, (cell, width)) in row.iter().zip(widths).enumerate() {
            let role = match (index, place) {
                (0, _) | (_, 1 | 3) => Role::Dim,
                (_, 5) if cell.starts_with("failed") || cell.starts_with("damaged") => Role::Bad,
                (_, 5) if cell.starts_with("passed") => Role::Good,
                (_, 5) => Role::Warning,
                _ => Role::Text,
            };
            line.push(role, &column(cell, width));
            line.push(Role::Text, "  ");
        }
        line.truncated(width)
    });
    lines.collect()
}

/// The list for machines: `{ "version": 1, "runs": [{ "run": 3, "name": "search.ts", "outcome": "passed", … }] }`.
pub fn runs_json(records: &[RunRecord]) -> Value {
    let list: Vec<Value> = records.iter().map(record_value).collect();
    json!({ "version": 1, "runs": list })
}

/// What became of the runs that do not stay, newest first, in a line.
pub fn pruned_text(gone: &[RunRecord], dry_run: bool) -> String {
    match gone {
        [] => "nothing to remove\n".to_owned(),
        [only] if only.state == RunState::Damaged => {
            let verb = if dry_run { "would go" } else { "is gone" };
            format!("run {}, which is damaged, {verb}\n", only.id)
        }
        [only] => {
            let verb = if dry_run { "would go" } else { "is gone" };
            format!("run {} of {} {verb}\n", only.id, moment(only.started_unix_ms))
        }
        [first, ..] if first.state == RunState::Damaged => {
            format!("{} damaged runs {}\n", gone.len(), if dry_run { "would go" } else { "are gone" })
        }
        [newest, .., oldest] => format!(
            "{} runs {}, from {} back to {}\n",
            gone.len(),
            if dry_run { "would go" } else { "are gone" },
            moment(newest.started_unix_ms),
            moment(oldest.started_unix_ms)
        ),
    }
}

/// What a repair came to, a line for each thing, and what is still damaged.
pub fn repaired_text(mended: &[String], left: &[String]) -> String {
    let mut text: String = mended.iter().map(|what| plain(&format!("{what}\n"))).collect();
    text += &match (mended.len(), left.len()) {
        (0, 0) => "nothing is damaged\n".to_owned(),
        (_, 0) => "nothing is damaged any more\n".to_owned(),
        (0, _) => "nothing of it can be worked out again\n".to_owned(),
        (_, left) => format!("{left} more cannot be worked out again\n"),
    };
    for what in left {
        text += &plain(&format!("left: {what}\n"));
    }
    text
}

/// The same for machines: `{ "version": 1, "mended": ["run 3: …"], "left": [] }`.
pub fn repaired_json(mended: &[String], left: &[String]) -> Value {
    json!({ "version": 1, "mended": mended, "left": left })
}

/// The same for machines: a list with `dry_run`.
pub fn pruned_json(gone: &[RunRecord], dry_run: bool) -> Value {
    let mut value = runs_json(gone);
    value["dry_run"] = dry_run.into();
    value
}
