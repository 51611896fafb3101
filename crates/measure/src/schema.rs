//! The schema: which metrics and tag sets exist, shared by all workers.
//!
//! Everything that is recorded names its metric and its tags by a small number that the schema gave out. The lock is
//! taken when something new is defined or interned, and by readers that want the names back; never by a recorder
//! that has seen the metric and the tags before.
//!
//! The number of tag sets has a limit, because a script that puts an identifier into its URLs makes a new one with
//! every request: see [`Recorder::tags`](crate::Recorder::tags) for what happens beyond it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::metric::{Metric, MetricId, MetricKind, Unit};
use crate::tags::{TagSet, TagSetId};

/// How many tag sets recorders may make before `url` and `name` become `(other)`.
pub const DEFAULT_TAG_SET_LIMIT: usize = 20_000;

/// Which metrics and tag sets exist; shared as `Arc<Schema>` by everything that records into one run.
#[derive(Debug)]
pub struct Schema {
    inner: RwLock<Inner>,
    tag_set_limit: usize,
    overflowed: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    metrics: Vec<Definition>,
    by_name: FxHashMap<String, MetricId>,
    tag_sets: Vec<TagSet>,
    by_tags: FxHashMap<TagSet, TagSetId>,
    strings: FxHashSet<Arc<str>>,
}

/// A metric with the limits at which its trends keep exact counters.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) metric: Metric,
    pub(crate) limits: Vec<f64>,
}

/// A metric that cannot be defined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The name breaks the rule for metric names.
    #[error(
        "metric name `{name}` is not allowed: use 2 to 129 letters, digits and underscores, not starting with a digit"
    )]
    BadName {
        /// The name as it was given.
        name: String,
    },
    /// The name is taken by a metric of another kind or unit.
    #[error(
        "metric `{name}` is defined twice: as a {known_kind} of `{}` values and as a {kind} of `{}` values; use \
         another name for one of them",
        known_unit.contains(), unit.contains()
    )]
    Conflict {
        /// The name of both.
        name: String,
        /// The kind defined first.
        known_kind: MetricKind,
        /// The unit defined first.
        known_unit: Unit,
        /// The kind defined second.
        kind: MetricKind,
        /// The unit defined second.
        unit: Unit,
    },
}

impl Schema {
    /// An empty schema with the default limit on tag sets.
    pub fn new() -> Arc<Self> {
        Self::with_tag_set_limit(DEFAULT_TAG_SET_LIMIT)
    }

    /// An empty schema in which recorders may make this many tag sets, at least 1.
    pub fn with_tag_set_limit(tag_set_limit: usize) -> Arc<Self> {
        let mut inner = Inner::default();
        inner.add_tag_set(TagSet::default());
        Arc::new(Self {
            inner: RwLock::new(inner),
            tag_set_limit: tag_set_limit.max(1),
            overflowed: AtomicU64::new(0),
        })
    }

    /// Defines a metric, or finds it when it is defined already with the same kind and unit.
    ///
    /// # Errors
    /// [`SchemaError::BadName`] and [`SchemaError::Conflict`].
    pub fn define(&self, name: &str, kind: MetricKind, unit: Unit) -> Result<MetricId, SchemaError> {
        if !is_metric_name(name) {
            return Err(SchemaError::BadName { name: name.to_owned() });
        }
        let mut inner = self.write();
        if let Some(&id) = inner.by_name.get(name) {
            let known = &inner.metrics[id.index()].metric;
            if known.kind == kind && known.unit == unit {
                return Ok(id);
            }
            return Err(SchemaError::Conflict {
                name: name.to_owned(),
                known_kind: known.kind,
                known_unit: known.unit,
                kind,
                unit,
            });
        }
        let id = MetricId(inner.metrics.len() as u32);
        let metric = Metric { name: name.to_owned(), kind, unit };
        inner.metrics.push(Definition { metric, limits: Vec::new() });
        inner.by_name.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The metric of this name.
    pub fn find(&self, name: &str) -> Option<MetricId> {
        self.read().by_name.get(name).copied()
    }

    /// The definition of a metric.
    ///
    /// # Panics
    /// When the id comes from another schema and is not known here.
    pub fn metric(&self, id: MetricId) -> Metric {
        self.read().metrics[id.index()].metric.clone()
    }

    /// All metrics in the order of their definition.
    pub fn metrics(&self) -> Vec<(MetricId, Metric)> {
        let inner = self.read();
        inner
            .metrics
            .iter()
            .enumerate()
            .map(|(id, known)| (MetricId(id as u32), known.metric.clone()))
            .collect()
    }

    /// Makes every series of this trend count exactly how many values lie below, at and above `limit`, so that a
    /// percentile threshold is decided without an estimate. Does nothing for other kinds of metrics, for a limit
    /// that is not finite, and for one that is known. Call it before recording starts: series that exist keep the
    /// limits they were opened with.
    pub fn add_limit(&self, id: MetricId, limit: f64) {
        let mut inner = self.write();
        let definition = &mut inner.metrics[id.index()];
        if definition.metric.kind != MetricKind::Trend || !limit.is_finite() {
            return;
        }
        if let Err(position) = definition.limits.binary_search_by(|known| known.total_cmp(&limit)) {
            definition.limits.insert(position, limit);
        }
    }

    /// The limits of a trend, ascending.
    pub fn limits(&self, id: MetricId) -> Vec<f64> {
        self.read().metrics[id.index()].limits.clone()
    }

    /// The tag set with the pairs of `base` and `extra`; in case of equal keys the later one wins. Not bound by the
    /// limit on tag sets, which is for recorders.
    ///
    /// # Panics
    /// When `base` comes from another schema and is not known here.
    pub fn intern(&self, base: TagSetId, extra: &[(&str, &str)]) -> TagSetId {
        self.intern_bounded(base, extra, usize::MAX).expect("there is no bound")
    }

    /// As [`Schema::intern`], but `None` for a new set when there are `bound` already.
    pub(crate) fn intern_bounded(
        &self,
        base: TagSetId,
        extra: &[(&str, &str)],
        bound: usize,
    ) -> Option<TagSetId> {
        let mut inner = self.write();
        let mut pairs = inner.tag_sets[base.index()].pairs().to_vec();
        for (key, value) in extra {
            pairs.push((inner.string(key), inner.string(value)));
        }
        let set = TagSet::from_pairs(pairs);
        if let Some(&id) = inner.by_tags.get(&set) {
            return Some(id);
        }
        (inner.tag_sets.len() < bound).then(|| inner.add_tag_set(set))
    }

    /// The pairs of a tag set.
    ///
    /// # Panics
    /// When the id comes from another schema and is not known here.
    pub fn tag_set(&self, id: TagSetId) -> TagSet {
        self.read().tag_sets[id.index()].clone()
    }

    /// How many tag sets there are, the empty one included.
    pub fn tag_set_count(&self) -> usize {
        self.read().tag_sets.len()
    }

    /// How many tag sets recorders may make.
    pub fn tag_set_limit(&self) -> usize {
        self.tag_set_limit
    }

    /// How often a recorder was asked for tags beyond the limit and gave back coarser ones.
    pub fn overflowed_tag_sets(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    pub(crate) fn count_overflows(&self, times: u64) {
        self.overflowed.fetch_add(times, Ordering::Relaxed);
    }

    pub(crate) fn definition(&self, id: MetricId) -> Definition {
        self.read().metrics[id.index()].clone()
    }

    /// The definitions from this position on.
    pub(crate) fn definitions_from(&self, position: usize) -> Vec<Definition> {
        self.read().metrics.get(position..).unwrap_or_default().to_vec()
    }

    /// The tag sets from this position on.
    pub(crate) fn tag_sets_from(&self, position: usize) -> Vec<TagSet> {
        self.read().tag_sets.get(position..).unwrap_or_default().to_vec()
    }

    // A panic elsewhere cannot leave the tables half-changed: every change is one push and one insert of owned values.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add_tag_set(&mut self, set: TagSet) -> TagSetId {
        let id = TagSetId(self.tag_sets.len() as u32);
        self.tag_sets.push(set.clone());
        self.by_tags.insert(set, id);
        id
    }

    fn string(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(text);
        self.strings.insert(Arc::clone(&text));
        text
    }
}

/// k6's rule: `^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`.
fn is_metric_name(name: &str) -> bool {
    (2..=129).contains(&name.len())
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defining_twice_is_fine_when_it_is_the_same() {
        let schema = Schema::new();
        let id = schema.define("latency", MetricKind::Trend, Unit::Milliseconds).unwrap();
        assert_eq!(schema.define("latency", MetricKind::Trend, Unit::Milliseconds), Ok(id));
        let error = schema.define("latency", MetricKind::Rate, Unit::Plain).unwrap_err();
        assert_eq!(
            error.to_string(),
            "metric `latency` is defined twice: as a trend of `time` values and as a rate of `default` values; use \
             another name for one of them"
        );
    }

    #[test]
    fn names_follow_k6() {
        let schema = Schema::new();
        let longest = "a".repeat(129);
        for good in ["ab", "_a", "A9_", longest.as_str()] {
            assert!(schema.define(good, MetricKind::Counter, Unit::Plain).is_ok(), "{good}");
        }
        let too_long = "a".repeat(130);
        for bad in ["", "a", "9a", "a-b", "a b", "ä_", too_long.as_str()] {
            assert!(schema.define(bad, MetricKind::Counter, Unit::Plain).is_err(), "{bad}");
        }
    }

    #[test]
    fn interning_is_by_content() {
        let schema = Schema::new();
        assert_eq!(schema.intern(TagSetId::EMPTY, &[]), TagSetId::EMPTY);
        let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
        let one = schema.intern(base, &[("status", "200"), ("name", "x")]);
        let same =
            schema.intern(TagSetId::EMPTY, &[("name", "x"), ("status", "200"), ("scenario", "search")]);
        assert_eq!(one, same);
        assert_eq!(
            schema.tag_set(schema.intern(base, &[("scenario", "other")])).get("scenario"),
            Some("other")
        );
        assert_eq!(schema.tag_set_count(), 4);
    }

    #[test]
    fn limits_are_sorted_unique_and_for_trends_only() {
        let schema = Schema::new();
        let trend = schema.define("latency", MetricKind::Trend, Unit::Milliseconds).unwrap();
        let counter = schema.define("requests", MetricKind::Counter, Unit::Plain).unwrap();
        for limit in [500.0, 100.0, 500.0, f64::NAN] {
            schema.add_limit(trend, limit);
            schema.add_limit(counter, limit);
        }
        assert_eq!(schema.limits(trend), [100.0, 500.0]);
        assert!(schema.limits(counter).is_empty());
    }
}
