//! What is said of tags that had too many values for a run to keep them apart.
//!
//! Nothing that is judged suffers by it, but whoever reads the figures of a tag must know that some are missing there,
//! and the next run can be made better.

use loadline_measure::{FoldedKey, Run};
use loadline_units::count;
use serde_json::{Value, json};

use crate::text::{Line, Role, wrap};

/// A warning for each such tag, with what to do about it, at this indent.
pub(crate) fn folded_lines(run: &Run, indent: usize, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for key in run.folded() {
        let what = format!("{}, {} samples in all", key.what(), count(key.samples));
        for (index, text) in wrap(&what, width.saturating_sub(indent + 2)).iter().enumerate() {
            let lead = if index == 0 { "! " } else { "  " };
            lines.push(Line::indented(indent).with(Role::Warning, lead).with(Role::Warning, text));
        }
        for (index, text) in wrap(&key.hint(), width.saturating_sub(indent + 4)).iter().enumerate() {
            let lead = if index == 0 { "↳ " } else { "  " };
            lines.push(Line::indented(indent + 2).with(Role::Dim, lead).with(Role::Dim, text));
        }
    }
    lines
}

/// Adds `folded_tags` to a JSON object, where there are any.
pub(crate) fn add_folded(object: &mut Value, run: &Run) {
    let keys = run.folded();
    if keys.is_empty() {
        return;
    }
    let value = |key: &FoldedKey| json!({ "tag": key.key, "values_kept": key.values, "samples_folded": key.samples, "hint": key.hint() });
    object["folded_tags"] = Value::Array(keys.iter().map(value).collect());
}
