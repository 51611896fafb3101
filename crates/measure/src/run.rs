//! A run: everything that was measured, by series and by second, and what it was that ran.
//!
//! Totals are kept beside the seconds so that judging needs no pass over time. Both come from the same windows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::meta::RunMeta;
use crate::metric::MetricId;
use crate::schema::{Schema, SchemaError};
use crate::sink::Sink;
use crate::tags::{TagSet, TagSetId};
use crate::window::{Series, Window, merged};

/// Everything that was measured.
#[derive(Debug, Clone)]
pub struct Run {
    /// What it was that ran.
    pub meta: RunMeta,
    /// How long it ran: up to the end of the last second pushed, unless whoever ran it knows better.
    pub duration: Duration,
    schema: Arc<Schema>,
    totals: BTreeMap<Series, (TagSet, Sink)>,
    seconds: BTreeMap<u64, Window>,
}

/// Two runs that cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runs measured different things under one name: {0}")]
pub struct MergeError(#[from] SchemaError);

impl Run {
    /// A run without measurements.
    pub fn new(meta: RunMeta, schema: Arc<Schema>) -> Self {
        Self { meta, duration: Duration::ZERO, schema, totals: BTreeMap::new(), seconds: BTreeMap::new() }
    }

    /// The metrics and tag sets of its series.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Adds what was recorded in a second, counted from 0 at the start of the run. A second may come in several
    /// parts and in any order.
    pub fn push(&mut self, second: u64, window: Window) {
        for (series, sink) in window.iter() {
            match self.totals.get_mut(&series) {
                Some((_, total)) => total.merge(sink),
                None => {
                    self.totals.insert(series, (self.schema.tag_set(series.tags), sink.clone()));
                }
            }
        }
        self.duration = self.duration.max(Duration::from_secs(second + 1));
        self.seconds.entry(second).or_default().merge(window);
    }

    /// Adds everything of another run, which may have another schema. Seconds are those since each run's own start.
    /// Of what they say about themselves, this run's word stands; the earlier start and the longer duration count.
    ///
    /// # Errors
    /// When a metric of one name has different kinds or units. Nothing is merged then.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError> {
        let metrics = other
            .schema
            .metrics()
            .into_iter()
            .map(|(id, metric)| Ok((id, self.schema.define(&metric.name, metric.kind, metric.unit)?)))
            .collect::<Result<BTreeMap<MetricId, MetricId>, SchemaError>>()?;
        let mut tag_sets: BTreeMap<TagSetId, TagSetId> = BTreeMap::new();
        for (second, window) in other.seconds {
            let mut translated = Vec::with_capacity(window.len());
            for (series, sink) in window.iter() {
                let tags = *tag_sets.entry(series.tags).or_insert_with(|| {
                    let pairs = other.schema.tag_set(series.tags);
                    self.schema.intern(TagSetId::EMPTY, &pairs.iter().collect::<Vec<_>>())
                });
                translated.push((Series { metric: metrics[&series.metric], tags }, sink.clone()));
            }
            self.push(second, Window::from_entries(translated));
        }
        self.duration = self.duration.max(other.duration);
        self.meta.started_unix_ms = self.meta.started_unix_ms.min(other.meta.started_unix_ms);
        for (key, value) in other.meta.annotations {
            self.meta.annotations.entry(key).or_insert(value);
        }
        Ok(())
    }

    /// What all values of a series come to.
    pub fn total(&self, series: Series) -> Option<&Sink> {
        self.totals.get(&series).map(|(_, sink)| sink)
    }

    /// All series with values, sorted, with their tags and totals.
    pub fn series(&self) -> impl Iterator<Item = (Series, &TagSet, &Sink)> {
        self.totals.iter().map(|(series, (tags, sink))| (*series, tags, sink))
    }

    /// All series of a metric that carry all these tags, merged; `None` when none of them has a value.
    pub fn select<K: AsRef<str>, V: AsRef<str>>(&self, metric: MetricId, matches: &[(K, V)]) -> Option<Sink> {
        let first = Series { metric, tags: TagSetId::EMPTY };
        let of_metric = self.totals.range(first..).take_while(|(series, _)| series.metric == metric);
        merged(of_metric.filter(|(_, (tags, _))| tags.matches(matches)).map(|(_, (_, sink))| sink))
    }

    /// The seconds in which something was recorded, ascending.
    pub fn seconds(&self) -> impl Iterator<Item = (u64, Window)> {
        self.seconds.iter().map(|(second, window)| (*second, window.clone()))
    }

    /// What was recorded in one second.
    pub fn second(&self, second: u64) -> Option<Window> {
        self.seconds.get(&second).cloned()
    }
}
