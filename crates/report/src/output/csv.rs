//! `--out csv=FILE`: a row per sample with k6's columns.
//!
//! Each system tag has its own column; every other tag goes into `extra_tags` as `key=value&key=value`. The last
//! column, `metadata`, is always empty: Loadline has no values that belong to a sample without being a tag.

use std::collections::HashMap;
use std::sync::Arc;

use loadline_measure::{MetricId, Run, Sample, Schema, TagSet, TagSetId};
use loadline_verdict::Verdict;

use super::destination::Destination;
use super::error::OutputError;
use super::event::{Event, Output};

/// k6's default system tags, sorted as its CSV has them.
pub const SYSTEM_TAGS: [&str; 14] = [
    "check",
    "error",
    "error_code",
    "expected_response",
    "group",
    "method",
    "name",
    "proto",
    "scenario",
    "service",
    "status",
    "subproto",
    "tls_version",
    "url",
];

const NS_PER_SECOND: i64 = 1_000_000_000;

/// Writes each sample as a row of CSV.
pub struct CsvOutput {
    destination: Destination,
    schema: Arc<Schema>,
    system_tags: Vec<String>,
    metrics: HashMap<MetricId, String>,
    /// The cells that follow the value, per tag set, as text that is already quoted.
    tails: HashMap<TagSetId, String>,
    header_written: bool,
    lost: u64,
}

impl CsvOutput {
    /// An output with a column for each of these system tags (usually [`SYSTEM_TAGS`]), sorted.
    pub fn new(destination: Destination, schema: Arc<Schema>, system_tags: &[&str]) -> CsvOutput {
        let mut system_tags: Vec<String> = system_tags.iter().map(|&tag| tag.to_owned()).collect();
        system_tags.sort();
        CsvOutput {
            destination,
            schema,
            system_tags,
            metrics: HashMap::new(),
            tails: HashMap::new(),
            header_written: false,
            lost: 0,
        }
    }

    fn header(&mut self) -> Result<(), OutputError> {
        if self.header_written {
            return Ok(());
        }
        self.header_written = true;
        let names = ["metric_name", "timestamp", "metric_value"].into_iter();
        let names =
            names.chain(self.system_tags.iter().map(String::as_str)).chain(["extra_tags", "metadata"]);
        let row = row(names);
        self.destination.write(row.as_bytes())
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), OutputError> {
        let metric = self.metrics.entry(sample.metric).or_insert_with(|| {
            row([self.schema.metric(sample.metric).name.as_str()].into_iter()).trim_end().to_owned()
        });
        let whole;
        let tail = if let Some(tags) = &sample.whole {
            whole = tail(tags, &self.system_tags);
            &whole
        } else {
            let known = self.tails.entry(sample.tags);
            &*known.or_insert_with(|| tail(&self.schema.tag_set(sample.tags), &self.system_tags))
        };
        let seconds = sample.time_unix_ns.div_euclid(NS_PER_SECOND);
        let line = format!("{metric},{seconds},{},{tail}", sample.value);
        self.destination.write(line.as_bytes())
    }
}

impl Output for CsvOutput {
    fn name(&self) -> &str {
        self.destination.path()
    }

    fn wants_samples(&self) -> bool {
        true
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        self.header()?;
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
        self.header()?;
        self.destination.close()?;
        if self.lost > 0 {
            return Err(OutputError::Lost { path: self.destination.path().to_owned(), lost: self.lost });
        }
        Ok(())
    }
}

fn tail(tags: &TagSet, system_tags: &[String]) -> String {
    let is_system = |key: &str| system_tags.iter().any(|tag| tag == key);
    let extra: Vec<String> =
        tags.iter().filter(|(key, _)| !is_system(key)).map(|(key, value)| format!("{key}={value}")).collect();
    let extra = extra.join("&");
    let system = system_tags.iter().map(|tag| tags.get(tag).unwrap_or(""));
    row(system.chain([extra.as_str(), ""]))
}

/// Cells as a line of CSV, quoted where they must be, with its line break.
fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer
        .write_record(cells)
        .expect("writing to memory cannot fail, and one record has no length to differ from");
    let bytes = writer.into_inner().expect("flushing to memory cannot fail");
    String::from_utf8(bytes).expect("cells are text")
}
