//! k6's `--summary-export`: figures without a distribution.

use std::io::BufRead;
use std::time::Duration;

use serde_json::Value;

use crate::error::{BadLine, ImportError};
use crate::imported::{Imported, ImportedFigure, empty};
use crate::lines::whole;

/// What no figure of a test comes to.
const LARGEST: f64 = 1e15;

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let text = whole(reader, name, "k6")?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| ImportError::Line {
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
    let requests = figure("http_reqs", &["count"]).filter(|count| *count >= 0.0).unwrap_or(0.0);
    for (quantity, metric, keys, unit) in wanted {
        match figure(metric, keys) {
            Some(value) if !(0.0..=LARGEST).contains(&value) => {
                return Err(ImportError::Line {
                    name: name.to_owned(),
                    line: 1,
                    tool: "k6",
                    why: BadLine::Form(format!("`{metric}` has a {quantity} of {value}")),
                });
            }
            Some(value) => figures.push(ImportedFigure { quantity, value, unit, values: requests as u64 }),
            None => missing.push(quantity),
        }
    }
    if figures.is_empty() {
        return Err(ImportError::Empty { name: name.to_owned() });
    }
    let mut notes = vec![
        "a summary has no times and no distribution: its figures are kept, and can be in trends and baselines, beside other summaries with the same metrics, groups and checks, but it cannot be judged again"
            .to_owned(),
    ];
    if !missing.is_empty() {
        notes.push(format!(
            "it has no {}; `--summary-trend-stats` of k6 chooses what a summary has",
            missing.join(", ")
        ));
    }
    let mut run = empty(name, "k6", &shape(&value));
    let told = value["state"]["testRunDurationMs"].as_f64().map(|ms| ms / 1000.0);
    let worked_out = figure("http_reqs", &["rate"]).filter(|rate| *rate > 0.0).map(|rate| requests / rate);
    if let Some(lasted) = told.or(worked_out).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        run.duration = lasted;
    }
    Ok(Imported { run, figures, notes })
}

/// What summaries of the same script have in common, for want of its name: the names of metrics and thresholds, of
/// groups and of checks.
fn shape(summary: &Value) -> String {
    let mut names: Vec<String> = Vec::new();
    if let Some(metrics) = summary["metrics"].as_object() {
        names.extend(metrics.keys().map(|name| format!("metric {name}")));
    }
    let mut groups = vec![&summary["root_group"]];
    while let Some(group) = groups.pop() {
        names.push(format!("group {}", group["path"]));
        for (kind, found) in [("check", &group["checks"]), ("group", &group["groups"])] {
            // Lists in handleSummary's data, objects by name in an exported summary.
            let members: Vec<&Value> = match found {
                Value::Array(list) => list.iter().collect(),
                Value::Object(by_name) => by_name.values().collect(),
                _ => Vec::new(),
            };
            match kind {
                "group" => groups.extend(members),
                _ => names.extend(members.iter().map(|check| format!("check {}", check["path"]))),
            }
        }
    }
    names.sort_unstable();
    names.join("\n")
}
