//! What was recorded in a stretch of time, usually one second, by series.

use crate::metric::MetricId;
use crate::schema::Schema;
use crate::sink::Sink;
use crate::tags::TagSetId;

/// One metric with one set of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// The metric.
    pub metric: MetricId,
    /// The tags.
    pub tags: TagSetId,
}

/// What was recorded in a stretch of time: the series that got values, sorted, with what these come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window(Vec<(Series, Sink)>);

impl Window {
    /// Series in any order, each of them once.
    pub(crate) fn from_entries(mut entries: Vec<(Series, Sink)>) -> Self {
        entries.sort_unstable_by_key(|(series, _)| *series);
        Self(entries)
    }

    /// Adds values to one series.
    ///
    /// # Panics
    /// When the series is there with a sink of another kind.
    pub fn add(&mut self, series: Series, sink: Sink) {
        match self.0.binary_search_by_key(&series, |(known, _)| *known) {
            Ok(position) => self.0[position].1.merge(&sink),
            Err(position) => self.0.insert(position, (series, sink)),
        }
    }

    /// Adds everything of another window of the same schema.
    ///
    /// # Panics
    /// When a series has sinks of different kinds, as can happen only with windows of different schemas.
    pub fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        let mut merged = Vec::with_capacity(self.0.len() + other.0.len());
        let mut ours = std::mem::take(&mut self.0).into_iter().peekable();
        for (series, sink) in other.0 {
            while let Some(entry) = ours.next_if(|(known, _)| *known < series) {
                merged.push(entry);
            }
            match ours.next_if(|(known, _)| *known == series) {
                Some((_, mut known)) => {
                    known.merge(&sink);
                    merged.push((series, known));
                }
                None => merged.push((series, sink)),
            }
        }
        merged.extend(ours);
        self.0 = merged;
    }

    /// The series with values, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Series, &Sink)> {
        self.0.iter().map(|(series, sink)| (*series, sink))
    }

    /// The window with those series alone that are wanted; they ascend.
    pub(crate) fn only(&self, wanted: &[Series]) -> Self {
        let is_wanted = |(series, _): &&(Series, Sink)| wanted.binary_search(series).is_ok();
        Self(self.0.iter().filter(is_wanted).cloned().collect())
    }

    /// What the values of a series come to, if it got any.
    pub fn get(&self, series: Series) -> Option<&Sink> {
        let position = self.0.binary_search_by_key(&series, |(known, _)| *known).ok()?;
        Some(&self.0[position].1)
    }

    /// All series of a metric that carry all these tags, merged; `None` when none of them got a value.
    pub fn select<K: AsRef<str>, V: AsRef<str>>(
        &self,
        schema: &Schema,
        metric: MetricId,
        matches: &[(K, V)],
    ) -> Option<Sink> {
        let first = self.0.partition_point(|(series, _)| series.metric < metric);
        let of_metric = self.0[first..].iter().take_while(|(series, _)| series.metric == metric);
        merged(
            of_metric
                .filter(|(series, _)| schema.tag_set(series.tags).matches(matches))
                .map(|(_, sink)| sink),
        )
    }

    /// How many series got values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All sinks in one; `None` when there is none.
pub(crate) fn merged<'a>(sinks: impl IntoIterator<Item = &'a Sink>) -> Option<Sink> {
    let mut sinks = sinks.into_iter();
    let mut all = sinks.next()?.clone();
    for sink in sinks {
        all.merge(sink);
    }
    Some(all)
}
