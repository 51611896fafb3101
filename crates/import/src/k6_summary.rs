//! k6's `--summary-export`: figures without a distribution.

use std::io::BufRead;

use serde_json::Value;

use crate::error::ImportError;
use crate::format::{Imported, ImportedFigure, empty};

pub(crate) fn read(mut reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut text = String::new();
    reader.read_to_string(&mut text).map_err(|source| ImportError::Io { name: name.to_owned(), source })?;
    let value: Value = serde_json::from_str(&text).map_err(|error| ImportError::Line {
        name: name.to_owned(),
        line: error.line(),
        tool: "k6",
        why: error.into(),
    })?;
    // handleSummary's data has the figures of a metric below `values`.
    let figure = |metric: &str, keys: &[&str]| {
        let metric = &value["metrics"][metric];
        keys.iter().find_map(|key| metric[*key].as_f64().or_else(|| metric["values"][*key].as_f64()))
    };
    let wanted: [(&'static str, &str, &[&str], &'static str); 5] = [
        ("p50", "http_req_duration", &["med", "p(50)"], "ms"),
        ("p95", "http_req_duration", &["p(95)"], "ms"),
        ("p99", "http_req_duration", &["p(99)"], "ms"),
        ("rate", "http_reqs", &["rate"], "/s"),
        ("errors", "http_req_failed", &["value", "rate"], "share"),
    ];
    let mut figures = Vec::new();
    let mut missing = Vec::new();
    for (quantity, metric, keys, unit) in wanted {
        match figure(metric, keys) {
            Some(value) => figures.push(ImportedFigure { quantity, value, unit }),
            None => missing.push(quantity),
        }
    }
    if figures.is_empty() {
        return Err(ImportError::Empty { name: name.to_owned() });
    }
    let mut notes = vec![
        "a summary has no times and no distribution: its figures are kept, and can be in trends and baselines, but it cannot be judged again"
            .to_owned(),
    ];
    if !missing.is_empty() {
        notes.push(format!(
            "it has no {}; `--summary-trend-stats` of k6 chooses what a summary has",
            missing.join(", ")
        ));
    }
    Ok(Imported { run: empty(name, "k6"), figures, notes })
}
