//! What the properties of every form are tried on: made-up values, recorded second by second, that a form takes and a
//! Run keeps.

use std::sync::Arc;

use loadline_measure::{MetricId, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit};

use crate::form::Form;

/// A run that is being made.
pub(crate) struct Measured {
    pub(crate) schema: Arc<Schema>,
    pub(crate) run: Run,
    recorder: Recorder,
    metrics: Vec<MetricId>,
    tag_sets: Vec<TagSetId>,
}

impl Measured {
    /// One of these metrics and tag sets.
    pub(crate) fn of(metrics: &[(&str, MetricKind, Unit)], tag_sets: &[Vec<(String, String)>]) -> Self {
        let schema = Schema::new();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let interned = tag_sets.iter().map(|pairs| {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
            recorder.tags(TagSetId::EMPTY, &pairs)
        });
        Self {
            tag_sets: interned.collect(),
            metrics: metrics
                .iter()
                .map(|(name, kind, unit)| schema.define(name, *kind, *unit).expect("all have other names"))
                .collect(),
            run: Run::new(RunMeta::default(), Arc::clone(&schema)),
            schema,
            recorder,
        }
    }

    /// The next second, of values with the places of their metric and their tag set.
    pub(crate) fn second(&mut self, second: usize, values: &[(usize, usize, f64)], form: &mut impl Form) {
        for (metric, tag_set, value) in values {
            self.recorder.record(self.metrics[*metric], *value, self.tag_sets[*tag_set]);
        }
        let window = self.recorder.take_window();
        form.take(&window);
        self.run.push(second as u64, window);
    }
}
