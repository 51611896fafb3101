//! Values with times, put into the seconds of a Run.
//!
//! Other tools write values roughly in the order they came. A few seconds are kept open, so that what is late finds its
//! own. In whatever order they come, the run begins with the earliest: a file that was sorted by something else is the
//! same run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{MetricId, MetricKind, Producer, Recorder, Run, RunMeta, Schema, TagSetId, Unit};

use crate::error::BadLine;
use crate::imported::workload;

/// Seconds that are kept open on either side of the one that a value is of.
const OPEN: i64 = 5;
const SECOND_NS: i128 = 1_000_000_000;

/// What no value of a load test comes to, and can still be added up.
const LARGEST: f64 = 1e18;
/// So many names are enough to tell one thing from another.
const MOST_NAMES: usize = 1_000;
const DAY_NS: i128 = 86_400_000_000_000;
/// The longest of load tests: times that are further apart are not of one.
const LONGEST_NS: i128 = 31 * DAY_NS;
/// More than the seconds of that.
const LONGEST_S: i64 = 32 * 86_400;

/// A Run in the making.
pub(crate) struct Seconds {
    pub(crate) schema: Arc<Schema>,
    recorder: Recorder,
    run: Run,
    /// What lies before second 0, counted from [`LONGEST_S`] before it.
    before: Option<Run>,
    /// Unix time of the value that came first, in nanoseconds: where second 0 begins.
    start_ns: Option<i128>,
    /// Of the earliest one.
    earliest_ns: i128,
    /// Of the last one.
    end_ns: i128,
    /// A recorder for each: values take the memory of what they are counted in.
    open: BTreeMap<i64, Recorder>,
    /// Recorders of seconds that are closed.
    spare: Vec<Recorder>,
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
            before: None,
            start_ns: None,
            earliest_ns: i128::MAX,
            end_ns: i128::MIN,
            open: BTreeMap::new(),
            spare: Vec::new(),
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
        self.earliest_ns = self.earliest_ns.min(unix_ns);
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
        self.add_many(unix_ns, metric, value, tags, 1)
    }

    /// … so many times.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn add_many(
        &mut self,
        unix_ns: i128,
        metric: MetricId,
        value: f64,
        tags: TagSetId,
        times: u64,
    ) -> Result<(), BadLine> {
        let definition = self.schema.metric(metric);
        let counts = matches!(definition.unit, Unit::Milliseconds | Unit::Bytes)
            || matches!(definition.kind, MetricKind::Counter | MetricKind::Rate);
        if !value.is_finite() || value.abs() > LARGEST || (counts && value < 0.0) {
            return Err(BadLine::Form(format!("`{}` has a value of {value:e}", definition.name)));
        }
        let start = *self.start_ns.get_or_insert(unix_ns);
        let (earliest, end) = (self.earliest_ns.min(unix_ns), self.end_ns.max(unix_ns));
        if end - earliest > LONGEST_NS {
            let days = (end - earliest) / DAY_NS;
            let which = if unix_ns == end { "after the first" } else { "before the last" };
            return Err(BadLine::Form(format!("its time is {days} days {which}")));
        }
        (self.earliest_ns, self.end_ns) = (earliest, end);
        let second = (unix_ns - start).div_euclid(SECOND_NS) as i64;
        let recorder = self
            .open
            .entry(second)
            .or_insert_with(|| self.spare.pop().unwrap_or_else(|| Recorder::new(Arc::clone(&self.schema))));
        recorder.record_many(metric, value, tags, times);
        self.values = self.values.saturating_add(times);
        let far: Vec<i64> = self.open.keys().copied().filter(|open| (open - second).abs() > OPEN).collect();
        for second in far {
            self.close(second);
        }
        Ok(())
    }

    fn close(&mut self, second: i64) {
        let Some(mut recorder) = self.open.remove(&second) else { return };
        let window = recorder.take_window();
        self.spare.push(recorder);
        if let Ok(second) = u64::try_from(second) {
            self.run.push(second, window);
        } else {
            let new = || Run::new(RunMeta::default(), Arc::clone(&self.schema));
            self.before.get_or_insert_with(new).push((second + LONGEST_S).max(0) as u64, window);
        }
    }

    /// Puts what lies before second 0 where it belongs: second 0 is the earliest then.
    fn in_order(&mut self) {
        let Some(before) = self.before.take() else { return };
        let earliest = before.seconds().next().map_or(0, |(second, _)| second);
        let mut run = Run::new(self.run.meta.clone(), Arc::clone(&self.schema));
        for (second, window) in before.seconds() {
            run.push(second - earliest, window);
        }
        for (second, window) in self.run.seconds() {
            run.push(second + LONGEST_S.unsigned_abs() - earliest, window);
        }
        self.run = run;
    }

    /// The Run; `None` without a value.
    pub(crate) fn finish(mut self) -> Option<Run> {
        let open: Vec<i64> = self.open.keys().copied().collect();
        for second in open {
            self.close(second);
        }
        self.in_order();
        let start = self.start_ns?.min(self.earliest_ns);
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
