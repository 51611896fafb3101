//! Values with times, put into the seconds of a Run.
//!
//! Other tools write values roughly in the order they came. A few seconds are kept open, so that what is late finds its
//! own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{MetricId, MetricKind, Producer, Recorder, Run, RunMeta, Schema, TagSetId, Unit};

use crate::error::BadLine;
use crate::imported::workload;

/// Seconds that are kept open behind the newest.
const OPEN: u64 = 5;

/// What no value of a load test comes to, and can still be added up.
const LARGEST: f64 = 1e18;
/// So many names are enough to tell one thing from another.
const MOST_NAMES: usize = 1_000;
const DAY_NS: i128 = 86_400_000_000_000;
/// The longest of load tests: times that are further apart are not of one.
const LONGEST_NS: i128 = 31 * DAY_NS;

/// A Run in the making.
pub(crate) struct Seconds {
    pub(crate) schema: Arc<Schema>,
    recorder: Recorder,
    run: Run,
    /// Unix time of the first value, in nanoseconds: where second 0 begins.
    start_ns: Option<i128>,
    /// Of the last one.
    end_ns: i128,
    open: BTreeMap<u64, Vec<(MetricId, f64, TagSetId)>>,
    values: u64,
    /// What other results have in common that are of the same thing.
    alike: BTreeSet<String>,
}

impl Seconds {
    pub(crate) fn new(name: &str, tool: &str) -> Self {
        let schema = Schema::new();
        let mut meta = RunMeta { name: name.to_owned(), version: tool.to_owned(), ..RunMeta::default() };
        meta.origin.workload.producer = Producer::Import;
        meta.annotations.insert("imported_from".to_owned(), tool.to_owned());
        Self {
            recorder: Recorder::new(Arc::clone(&schema)),
            run: Run::new(meta, Arc::clone(&schema)),
            schema,
            start_ns: None,
            end_ns: i128::MIN,
            open: BTreeMap::new(),
            values: 0,
            alike: BTreeSet::new(),
        }
    }

    pub(crate) fn tags(&mut self, pairs: &[(&str, &str)]) -> TagSetId {
        self.recorder.tags(TagSetId::EMPTY, pairs)
    }

    /// Notes the name of something that other results have, too, if they are of the same thing.
    pub(crate) fn of(&mut self, name: &str) {
        if self.alike.len() < MOST_NAMES && !self.alike.contains(name) {
            self.alike.insert(name.to_owned());
        }
    }

    /// Notes that something began at this time, whose values come when it ends: the run goes on from there.
    pub(crate) fn begun(&mut self, unix_ns: i128) {
        self.start_ns.get_or_insert(unix_ns);
    }

    /// Adds a value of a time, in nanoseconds since 1970.
    ///
    /// # Errors
    /// When the value, or the time, cannot be one of a load test.
    pub(crate) fn add(
        &mut self,
        unix_ns: i128,
        metric: MetricId,
        value: f64,
        tags: TagSetId,
    ) -> Result<(), BadLine> {
        let definition = self.schema.metric(metric);
        let counts = matches!(definition.unit, Unit::Milliseconds | Unit::Bytes)
            || matches!(definition.kind, MetricKind::Counter | MetricKind::Rate);
        if !value.is_finite() || value.abs() > LARGEST || (counts && value < 0.0) {
            return Err(BadLine::Form(format!("`{}` has a value of {value:e}", definition.name)));
        }
        let start = *self.start_ns.get_or_insert(unix_ns);
        if (unix_ns - start).abs() > LONGEST_NS {
            let days = (unix_ns - start).abs() / DAY_NS;
            let which = if unix_ns > start { "after" } else { "before" };
            return Err(BadLine::Form(format!("its time is {days} days {which} the first")));
        }
        self.end_ns = self.end_ns.max(unix_ns);
        let second = (unix_ns - start).max(0).div_euclid(1_000_000_000) as u64;
        self.open.entry(second).or_default().push((metric, value, tags));
        self.values += 1;
        while let Some((oldest, _)) = self.open.first_key_value()
            && oldest + OPEN < second
        {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some((second, values)) = self.open.pop_first() else { return };
        for (metric, value, tags) in values {
            self.recorder.record(metric, value, tags);
        }
        self.run.push(second, self.recorder.take_window());
    }

    /// The Run; `None` without a value.
    pub(crate) fn finish(mut self) -> Option<Run> {
        while !self.open.is_empty() {
            self.close();
        }
        let start = self.start_ns?;
        if !self.alike.is_empty() {
            let names: Vec<String> = self.alike.into_iter().collect();
            self.run.meta.origin.workload = workload(&self.run.meta.version, &names.join("\n"));
        }
        self.run.meta.started_unix_ms = (start / 1_000_000) as i64;
        // Whole seconds would take a rate for lower than it was.
        let lasted = u64::try_from(self.end_ns - start).unwrap_or(u64::MAX);
        if lasted > 0 {
            self.run.duration = Duration::from_nanos(lasted);
        }
        (self.values > 0).then_some(self.run)
    }
}
