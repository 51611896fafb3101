//! k6's `--out json`: a line for each metric before its first point, and one for each point.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;

use jiff::Timestamp;
use loadline_measure::{MetricId, MetricKind, RESPONSE_TIME_ASIDE, Schema, Unit};
use serde::Deserialize;

use crate::error::{BadLine, ImportError};
use crate::imported::Imported;
use crate::lines::lines;
use crate::seconds::Seconds;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    metric: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "type")]
    kind: Option<String>,
    contains: Option<String>,
    time: Option<String>,
    value: Option<f64>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut seconds = Seconds::new(name, "k6");
    let mut metrics: HashMap<String, MetricId> = HashMap::new();
    let mut notes = Vec::new();
    lines(reader, name, "k6", &mut notes, |line| {
        let entry: Entry<'_> = serde_json::from_str(line)?;
        match entry.kind {
            "Metric" => {
                let kind = match entry.data.kind.as_deref() {
                    Some("counter") => MetricKind::Counter,
                    Some("gauge") => MetricKind::Gauge,
                    Some("rate") => MetricKind::Rate,
                    Some("trend") => MetricKind::Trend,
                    other => return Err(BadLine::Form(format!("a metric of the kind {other:?}"))),
                };
                let unit = match entry.data.contains.as_deref() {
                    Some("time") => Unit::Milliseconds,
                    Some("data") => Unit::Bytes,
                    _ => Unit::Plain,
                };
                let id = seconds.schema.define(&entry.metric, kind, unit)?;
                seconds.of(&format!("metric {}", entry.metric));
                metrics.insert(entry.metric, id);
                Ok(())
            }
            "Point" => {
                let metric = *metrics.get(&entry.metric).ok_or_else(|| {
                    BadLine::Form(format!("a point of `{}`, which no line before defines", entry.metric))
                })?;
                let (Some(time), Some(value)) = (entry.data.time, entry.data.value) else {
                    return Err(BadLine::Form("a point without a time or a value".to_owned()));
                };
                let time: Timestamp = time.parse().map_err(|_| BadLine::value(&time, "time"))?;
                let tags = entry.data.tags.unwrap_or_default();
                let pairs: Vec<(&str, &str)> =
                    tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                for key in ["scenario", "group", "check"] {
                    if let Some(value) = tags.get(key) {
                        seconds.of(&format!("{key} {value}"));
                    }
                }
                let answered = tags.get("status").is_none_or(|status| status != "0");
                let tags = seconds.tags(&pairs);
                if entry.metric == "http_req_duration" && answered {
                    let metric = response_time(&seconds.schema, &mut metrics)?;
                    seconds.add(time.as_nanosecond(), metric, value, tags)?;
                }
                seconds.add(time.as_nanosecond(), metric, value, tags)
            }
            other => Err(BadLine::Form(format!("a line of the type `{other}`"))),
        }
    })?;
    let run = seconds.finish().ok_or_else(|| ImportError::Empty { name: name.to_owned() })?;
    Ok(Imported { run, figures: Vec::new(), notes })
}

/// k6 knows none; a script may have a metric of that name.
fn response_time(schema: &Schema, metrics: &mut HashMap<String, MetricId>) -> Result<MetricId, BadLine> {
    if let Some(id) = metrics.get(RESPONSE_TIME_ASIDE) {
        return Ok(*id);
    }
    let name = if schema.find("response_time").is_some() { RESPONSE_TIME_ASIDE } else { "response_time" };
    let id = schema.define(name, MetricKind::Trend, Unit::Milliseconds)?;
    metrics.insert(RESPONSE_TIME_ASIDE.to_owned(), id);
    Ok(id)
}
