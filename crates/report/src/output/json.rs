//! `--out json=FILE`: a line per sample, in the shape of k6's JSON lines, for the tools that read those.
//!
//! Millions of samples share a few hundred tag sets, so the text of each tag set and metric is made once; per sample
//! only the time and the value are formatted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use loadline_measure::{Metric, MetricId, Run, Sample, Schema, TagSet, TagSetId};
use loadline_verdict::{Budget, Budgets, Verdict};
use serde_json::{Value, json};

use super::destination::Destination;
use super::error::OutputError;
use super::event::{Event, Output};
use crate::data::number;

/// What the `Metric` line of a metric says besides its definition: thresholds and sub-metrics by metric name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricNotes {
    /// Threshold expressions on the metric itself, such as `p(95)<500`.
    pub thresholds: BTreeMap<String, Vec<String>>,
    /// The tags of each sub-metric that a threshold names.
    pub submetrics: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

impl MetricNotes {
    /// What a run's budgets say about its metrics.
    pub fn of(budgets: &Budgets) -> MetricNotes {
        let mut notes = MetricNotes::default();
        for Budget { selector, text, .. } in &budgets.budgets {
            if selector.tags.is_empty() {
                notes.thresholds.entry(selector.metric.clone()).or_default().push(text.expression.clone());
                continue;
            }
            let tags: BTreeMap<String, String> = selector.tags.iter().cloned().collect();
            let known = notes.submetrics.entry(selector.metric.clone()).or_default();
            if !known.contains(&tags) {
                known.push(tags);
            }
        }
        notes
    }
}

/// Writes each sample as a line of JSON.
pub struct JsonOutput {
    destination: Destination,
    schema: Arc<Schema>,
    notes: MetricNotes,
    announced: HashSet<MetricId>,
    metrics: HashMap<MetricId, String>,
    tags: HashMap<TagSetId, String>,
    line: String,
    lost: u64,
}

impl JsonOutput {
    /// An output of samples whose metrics and tags the schema knows.
    pub fn new(destination: Destination, schema: Arc<Schema>, notes: MetricNotes) -> JsonOutput {
        JsonOutput {
            destination,
            schema,
            notes,
            announced: HashSet::new(),
            metrics: HashMap::new(),
            tags: HashMap::new(),
            line: String::new(),
            lost: 0,
        }
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), OutputError> {
        if self.announced.insert(sample.metric) {
            let metric = self.schema.metric(sample.metric);
            let line = format!("{}\n", metric_line(&metric, &self.notes));
            self.destination.write(line.as_bytes())?;
            self.metrics.insert(sample.metric, Value::from(metric.name).to_string());
        }
        let metric = &self.metrics[&sample.metric];
        let whole;
        let tags = if let Some(tags) = &sample.whole {
            whole = tags_text(tags);
            &whole
        } else {
            let known = self.tags.entry(sample.tags);
            &*known.or_insert_with(|| tags_text(&self.schema.tag_set(sample.tags)))
        };
        self.line.clear();
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.line,
            r#"{{"metric":{metric},"type":"Point","data":{{"time":"{time:.9}","value":{value},"tags":{tags}}}}}"#,
            time = timestamp(sample.time_unix_ns),
            value = number(sample.value),
        );
        self.destination.write(self.line.as_bytes())
    }
}

impl Output for JsonOutput {
    fn name(&self) -> &str {
        self.destination.path()
    }

    fn wants_samples(&self) -> bool {
        true
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Samples(samples) => samples.iter().try_for_each(|sample| self.sample(sample)),
            Event::Second { .. } => self.destination.flush(),
            Event::Lost(samples) => {
                self.lost += samples;
                Ok(())
            }
        }
    }

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        self.destination.close()?;
        if self.lost > 0 {
            return Err(OutputError::Lost { path: self.destination.path().to_owned(), lost: self.lost });
        }
        Ok(())
    }
}

fn metric_line(metric: &Metric, notes: &MetricNotes) -> Value {
    let submetrics = notes.submetrics.get(&metric.name).map(|list| {
        let entries = list.iter().map(|tags| {
            let suffix: Vec<String> = tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            let suffix = suffix.join(",");
            json!({ "name": format!("{}{{{suffix}}}", metric.name), "suffix": suffix, "tags": tags })
        });
        Value::Array(entries.collect())
    });
    json!({
        "type": "Metric",
        "data": {
            "name": metric.name,
            "type": metric.kind.name(),
            "contains": metric.unit.contains(),
            "thresholds": notes.thresholds.get(&metric.name).cloned().unwrap_or_default(),
            "submetrics": submetrics,
        },
        "metric": metric.name,
    })
}

fn tags_text(tags: &TagSet) -> String {
    let object: serde_json::Map<String, Value> =
        tags.iter().map(|(key, value)| (key.to_string(), Value::from(value.to_string()))).collect();
    Value::Object(object).to_string()
}

/// Times outside the years ±9999 can only come from a broken clock; they are shown as the nearest valid time.
pub(super) fn timestamp(unix_ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or(Timestamp::UNIX_EPOCH)
}
