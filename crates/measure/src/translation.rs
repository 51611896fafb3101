//! From the ids of one schema to those of another, so that windows recorded elsewhere come into a run.
//!
//! Ids are positions, which schemas give out in the order of asking: the same series has other ids on another machine,
//! and in a run that was read from a file. Each id is translated once; the schema they come from may grow meanwhile.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::metric::MetricId;
use crate::schema::{Definition, Schema, SchemaError};
use crate::tags::TagSetId;
use crate::window::{Series, Window};

/// Two runs that cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runs measured different things under one name: {0}")]
pub struct MergeError(#[from] SchemaError);

/// Translates windows of one schema into another.
///
/// ```
/// use std::sync::Arc;
/// use loadline_measure::{MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Translation, Unit};
///
/// let (here, there) = (Schema::new(), Schema::new());
/// here.define("another", MetricKind::Gauge, Unit::Plain)?;
/// let events = there.define("events", MetricKind::Counter, Unit::Plain)?;
/// let mut recorder = Recorder::new(Arc::clone(&there));
/// recorder.record(events, 2.0, TagSetId::EMPTY);
///
/// let mut run = Run::new(RunMeta::default(), Arc::clone(&here));
/// let mut translation = Translation::new(there, here)?;
/// run.push(0, translation.window(&recorder.take_window())?);
/// let events = run.schema().find("events").expect("it came along");
/// assert!(run.select::<&str, &str>(events, &[]).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Translation {
    from: Arc<Schema>,
    to: Arc<Schema>,
    /// By the position in `from`.
    metrics: Vec<MetricId>,
    tag_sets: FxHashMap<TagSetId, TagSetId>,
}

impl Translation {
    /// Defines all metrics of `from` in `to`, with the limits that they count at.
    ///
    /// # Errors
    /// When a metric of one name has different kinds or units. None is defined then.
    pub fn new(from: Arc<Schema>, to: Arc<Schema>) -> Result<Self, MergeError> {
        let mut translation = Self { from, to, metrics: Vec::new(), tag_sets: FxHashMap::default() };
        translation.learn()?;
        Ok(translation)
    }

    /// The window in the ids of the other schema. What its own schema has learnt meanwhile comes along.
    ///
    /// # Errors
    /// As [`Translation::new`], for metrics that are new.
    ///
    /// # Panics
    /// When the window is of another schema.
    pub fn window(&mut self, window: &Window) -> Result<Window, MergeError> {
        let mut translated = Vec::with_capacity(window.len());
        for (series, sink) in window.iter() {
            translated.push((self.series(series)?, sink.clone()));
        }
        let mut ledgers = Vec::with_capacity(window.ledgers().len());
        for (tags, ledger) in window.ledgers() {
            let ledger = ledger.translated(|part| Some(self.tags(part))).unwrap_or_default();
            ledgers.push((self.tags(*tags), ledger));
        }
        Ok(Window::from_entries(translated).with_ledgers(ledgers))
    }

    /// A series in the ids of the other schema.
    ///
    /// # Errors
    /// As [`Translation::new`], for a metric that is new.
    ///
    /// # Panics
    /// When the series is of another schema.
    pub fn series(&mut self, series: Series) -> Result<Series, MergeError> {
        if series.metric.index() >= self.metrics.len() {
            self.learn()?;
        }
        Ok(Series { metric: self.metrics[series.metric.index()], tags: self.tags(series.tags) })
    }

    /// A tag set in the ids of the other schema. Only what is used comes along: a schema knows sets that nothing was
    /// ever recorded with.
    fn tags(&mut self, tags: TagSetId) -> TagSetId {
        *self.tag_sets.entry(tags).or_insert_with(|| {
            let tags = self.from.tag_set(tags);
            let pairs: Vec<(&str, &str)> = tags.iter().collect();
            self.to.intern(TagSetId::EMPTY, &pairs)
        })
    }

    fn learn(&mut self) -> Result<(), MergeError> {
        let news: Vec<Definition> = self.from.definitions_from(self.metrics.len());
        // All are checked before the first is defined.
        for Definition { metric, .. } in &news {
            if let Some(known) = self.to.find(&metric.name).map(|id| self.to.metric(id))
                && known != *metric
            {
                self.to.define(&metric.name, metric.kind, metric.unit)?;
            }
        }
        for Definition { metric, limits } in news {
            let id = self.to.define(&metric.name, metric.kind, metric.unit)?;
            for limit in limits {
                self.to.add_limit(id, limit);
            }
            self.metrics.push(id);
        }
        Ok(())
    }
}
