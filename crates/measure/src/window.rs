//! What was recorded in a stretch of time, usually one second, by series.

use crate::ledger::Ledger;
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

/// What was recorded in a stretch of time: the series that got values, sorted, with what these come to, and the
/// ledgers of requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    series: Vec<(Series, Sink)>,
    ledgers: Vec<(TagSetId, Ledger)>,
}

impl Window {
    /// Series in any order, each of them once.
    pub(crate) fn from_entries(mut entries: Vec<(Series, Sink)>) -> Self {
        entries.sort_unstable_by_key(|(series, _)| *series);
        Self { series: entries, ledgers: Vec::new() }
    }

    /// With the ledgers of tag sets in any order, each of them once.
    pub(crate) fn with_ledgers(mut self, mut ledgers: Vec<(TagSetId, Ledger)>) -> Self {
        ledgers.sort_unstable_by_key(|(tags, _)| *tags);
        self.ledgers = ledgers;
        self
    }

    /// Adds values to one series.
    ///
    /// # Panics
    /// When the series is there with a sink of another kind.
    pub fn add(&mut self, series: Series, sink: Sink) {
        match self.series.binary_search_by_key(&series, |(known, _)| *known) {
            Ok(position) => self.series[position].1.merge(&sink),
            Err(position) => self.series.insert(position, (series, sink)),
        }
    }

    /// Adds everything of another window of the same schema.
    ///
    /// # Panics
    /// When a series has sinks of different kinds, as can happen only with windows of different schemas.
    pub fn merge(&mut self, other: Self) {
        merge_sorted(&mut self.series, other.series, Sink::merge);
        merge_sorted(&mut self.ledgers, other.ledgers, Ledger::merge);
    }

    /// The ledgers of tag sets, sorted.
    pub fn ledgers(&self) -> &[(TagSetId, Ledger)] {
        &self.ledgers
    }

    /// The series with values, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Series, &Sink)> {
        self.series.iter().map(|(series, sink)| (*series, sink))
    }

    /// The window with those series alone that are wanted, which ascend; without ledgers.
    pub(crate) fn only(&self, wanted: &[Series]) -> Self {
        let is_wanted = |(series, _): &&(Series, Sink)| wanted.binary_search(series).is_ok();
        Self { series: self.series.iter().filter(is_wanted).cloned().collect(), ledgers: Vec::new() }
    }

    /// What the values of a series come to, if it got any.
    pub fn get(&self, series: Series) -> Option<&Sink> {
        let position = self.series.binary_search_by_key(&series, |(known, _)| *known).ok()?;
        Some(&self.series[position].1)
    }

    /// All series of a metric that carry all these tags, merged; `None` when none of them got a value.
    pub fn select<K: AsRef<str>, V: AsRef<str>>(
        &self,
        schema: &Schema,
        metric: MetricId,
        matches: &[(K, V)],
    ) -> Option<Sink> {
        let first = self.series.partition_point(|(series, _)| series.metric < metric);
        let of_metric = self.series[first..].iter().take_while(|(series, _)| series.metric == metric);
        merged(
            of_metric
                .filter(|(series, _)| schema.tag_set(series.tags).matches(matches))
                .map(|(_, sink)| sink),
        )
    }

    /// How many series got values.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty() && self.ledgers.is_empty()
    }
}

/// Puts what is sorted and each of it once into what is so too.
fn merge_sorted<K: Copy + Ord, V>(ours: &mut Vec<(K, V)>, theirs: Vec<(K, V)>, merge: impl Fn(&mut V, &V)) {
    if theirs.is_empty() {
        return;
    }
    if ours.is_empty() {
        *ours = theirs;
        return;
    }
    let mut merged = Vec::with_capacity(ours.len() + theirs.len());
    let mut known = std::mem::take(ours).into_iter().peekable();
    for (key, value) in theirs {
        while let Some(entry) = known.next_if(|(known, _)| *known < key) {
            merged.push(entry);
        }
        match known.next_if(|(known, _)| *known == key) {
            Some((_, mut known)) => {
                merge(&mut known, &value);
                merged.push((key, known));
            }
            None => merged.push((key, value)),
        }
    }
    merged.extend(known);
    *ours = merged;
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
