//! oha's JSON: a summary with percentiles, counts of statuses and of errors.
//!
//! Every version has `summary`, `latencyPercentiles`, `statusCodeDistribution` and `errorDistribution`. Older ones take
//! percentiles of successful requests alone; later ones, known by `firstByteHistogram`, of all, and leave what the
//! deadline cut off out of their success rate.

use std::io::BufRead;
use std::time::Duration;

use serde_json::Value;

use crate::error::{BadLine, ImportError};
use crate::imported::{Imported, ImportedFigure, empty};
use crate::lines::whole;

/// What no figure of a test comes to.
const LARGEST: f64 = 1e15;
/// Requests that were under way when the time was over. They are no failures.
const DEADLINE: &str = "aborted due to deadline";

/// Whether a file begins as such a JSON does.
pub(crate) fn is_one(beginning: &str) -> bool {
    let has = |name: &str| beginning.contains(&format!("\"{name}\""));
    has("successRate") && has("requestsPerSec")
}

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let text = whole(reader, name, "oha")?;
    let wrong =
        |line: usize, why: BadLine| ImportError::Line { name: name.to_owned(), line, tool: "oha", why };
    let value: Value = serde_json::from_slice(&text).map_err(|error| wrong(error.line(), error.into()))?;
    let counts = |key: &str| -> Result<Vec<(String, f64)>, ImportError> {
        let Some(all) = value[key].as_object() else { return Ok(Vec::new()) };
        let counts = all.iter().map(|(name, count)| {
            let known = count.as_f64().filter(|count| (0.0..=LARGEST).contains(count));
            let why = || BadLine::Form(format!("`{key}` has {count} times `{name}`"));
            Ok((name.clone(), known.ok_or_else(|| wrong(1, why()))?))
        });
        counts.collect()
    };
    let (statuses, errors) = (counts("statusCodeDistribution")?, counts("errorDistribution")?);
    let answered: f64 = statuses.iter().map(|(_, count)| count).sum();
    let is_good = |status: &str| status.parse().is_ok_and(|status: u16| (200..400).contains(&status));
    let good: f64 = statuses.iter().filter(|(status, _)| is_good(status)).map(|(_, count)| count).sum();
    let unanswered: f64 = errors.iter().filter(|(error, _)| error != DEADLINE).map(|(_, count)| count).sum();
    let cut: f64 = errors.iter().filter(|(error, _)| error == DEADLINE).map(|(_, count)| count).sum();
    let requests = answered + unanswered;
    let lasted = value["summary"]["total"].as_f64().filter(|seconds| *seconds > 0.0 && *seconds < LARGEST);
    let percentile = |key: &str| value["latencyPercentiles"][key].as_f64().map(|seconds| seconds * 1000.0);
    let wanted = [
        ("p50", percentile("p50"), "ms"),
        ("p95", percentile("p95"), "ms"),
        ("p99", percentile("p99"), "ms"),
        ("rate", lasted.map(|seconds| answered / seconds), "/s"),
        ("errors", (requests > 0.0).then(|| (requests - good) / requests), "share"),
    ];
    let mut figures = Vec::new();
    let mut missing = Vec::new();
    for (quantity, found, unit) in wanted {
        match found {
            Some(value) if !(0.0..=LARGEST).contains(&value) => {
                return Err(wrong(1, BadLine::Form(format!("it has a {quantity} of {value}"))));
            }
            Some(value) => figures.push(ImportedFigure { quantity, value, unit, values: requests as u64 }),
            None => missing.push(quantity),
        }
    }
    if requests == 0.0 {
        return Err(ImportError::Empty { name: name.to_owned() });
    }
    let mut notes = vec![
        "oha's JSON has no times and no distribution: its figures are kept and can be compared, but it cannot be judged again"
            .to_owned(),
        "it does not say what was asked: results whose file names differ in nothing but digits are taken for the same thing"
            .to_owned(),
    ];
    if !missing.is_empty() {
        notes.push(format!("it has no {}", missing.join(", ")));
    }
    if value["firstByteHistogram"].is_null() {
        notes.push("it is of an older oha, whose percentiles are of successful requests alone".to_owned());
    }
    if cut > 0.0 {
        notes.push(format!("{cut} requests were under way at its end, and are left out"));
    }
    let alike: String = name.chars().filter(|sign| !sign.is_ascii_digit()).collect();
    let mut run = empty(name, "oha", &alike);
    if let Some(lasted) = lasted.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        run.duration = lasted;
    }
    Ok(Imported { run, figures, notes })
}
