//! Values with times, put into the seconds of a Run.
//!
//! Other tools write values roughly in the order they came. A few seconds are kept open, so that what is late finds its
//! own.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{MetricId, Recorder, Run, RunMeta, Schema, TagSetId};

/// Seconds that are kept open behind the newest.
const OPEN: u64 = 5;

/// A Run in the making.
pub(crate) struct Seconds {
    pub(crate) schema: Arc<Schema>,
    recorder: Recorder,
    run: Run,
    /// Unix time of second 0.
    start_s: Option<i64>,
    open: BTreeMap<u64, Vec<(MetricId, f64, TagSetId)>>,
    values: u64,
}

impl Seconds {
    pub(crate) fn new(name: &str, tool: &str) -> Self {
        let schema = Schema::new();
        let mut meta = RunMeta { name: name.to_owned(), version: tool.to_owned(), ..RunMeta::default() };
        meta.annotations.insert("imported_from".to_owned(), tool.to_owned());
        Self {
            recorder: Recorder::new(Arc::clone(&schema)),
            run: Run::new(meta, Arc::clone(&schema)),
            schema,
            start_s: None,
            open: BTreeMap::new(),
            values: 0,
        }
    }

    pub(crate) fn tags(&mut self, pairs: &[(&str, &str)]) -> TagSetId {
        self.recorder.tags(TagSetId::EMPTY, pairs)
    }

    /// Adds a value of a time, in nanoseconds since 1970.
    pub(crate) fn add(&mut self, unix_ns: i128, metric: MetricId, value: f64, tags: TagSetId) {
        if !value.is_finite() {
            return;
        }
        let second = unix_ns.div_euclid(1_000_000_000) as i64;
        let start = *self.start_s.get_or_insert(second);
        let second = (second - start).max(0) as u64;
        self.open.entry(second).or_default().push((metric, value, tags));
        self.values += 1;
        while let Some((oldest, _)) = self.open.first_key_value()
            && oldest + OPEN < second
        {
            self.close();
        }
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
        self.run.meta.started_unix_ms = self.start_s? * 1000;
        (self.values > 0).then_some(self.run)
    }
}
