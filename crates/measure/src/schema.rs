//! The schema: which metrics and tag sets exist, shared by all workers.
//!
//! Everything that is recorded names its metric and its tags by a small number that the schema gave out. The lock is
//! taken when something new is defined or interned, and by readers that want the names back; never by a recorder
//! that has seen the metric and the tags before.
//!
//! Secrets are taken out of values when their set is new, so no tag that is recorded has any.
//!
//! The number of tag sets has a limit, because a script that puts an identifier into its URLs makes a new one with
//! every request: `folds` says what happens beyond it, and [`Schema::watch`] what never does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use loadline_secrets::masked;
use rustc_hash::FxHashMap;

use crate::fold_marks::{EVERYTHING, FOLDED};
use crate::folded::FoldedKey;
use crate::folds::{Draft, Fate, Folds, Room};
use crate::ledger::{OTHER_PARTS, PART, part_name};
use crate::metric::{Metric, MetricId, MetricKind, Unit};
use crate::tag_cache::Interned;
use crate::tag_table::TagTable;
use crate::tags::{TagSet, TagSetId};
use crate::watched::{Keep, Watched};

/// How many tag sets recorders may make before the keys with the most values are folded.
pub const DEFAULT_TAG_SET_LIMIT: usize = 20_000;

/// How many parts of servers are told apart by name.
const MOST_PARTS: usize = 256;

/// Which metrics and tag sets exist; shared as `Arc<Schema>` by everything that records into one run.
#[derive(Debug)]
pub struct Schema {
    inner: RwLock<Inner>,
    tag_set_limit: usize,
    /// That of the folds, to be read without the lock.
    generation: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    metrics: Vec<Definition>,
    by_name: FxHashMap<String, MetricId>,
    tags: TagTable,
    folds: Folds,
    room: Room,
    /// How many names of parts there are.
    parts: usize,
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
        let limit = tag_set_limit.max(1);
        let inner = Inner {
            metrics: Vec::new(),
            by_name: FxHashMap::default(),
            tags: TagTable::default(),
            folds: Folds::default(),
            room: Room::new(limit),
            parts: 0,
        };
        Arc::new(Self { inner: RwLock::new(inner), tag_set_limit: limit, generation: AtomicU64::new(0) })
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

    /// Gives a metric another name, so that its own is free for somebody else; nothing that is recorded changes.
    ///
    /// # Errors
    /// [`SchemaError::BadName`]; [`SchemaError::Conflict`] when the new name is taken.
    pub fn rename(&self, id: MetricId, name: &str) -> Result<(), SchemaError> {
        if !is_metric_name(name) {
            return Err(SchemaError::BadName { name: name.to_owned() });
        }
        let mut inner = self.write();
        let metric = inner.metrics[id.index()].metric.clone();
        if let Some(taken) = inner.by_name.get(name) {
            let known = &inner.metrics[taken.index()].metric;
            return Err(SchemaError::Conflict {
                name: name.to_owned(),
                known_kind: known.kind,
                known_unit: known.unit,
                kind: metric.kind,
                unit: metric.unit,
            });
        }
        inner.by_name.remove(&metric.name);
        inner.by_name.insert(name.to_owned(), id);
        name.clone_into(&mut inner.metrics[id.index()].metric.name);
        Ok(())
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
        let mut inner = self.write();
        let pairs = inner.tags.get(base).pairs().iter().cloned();
        let extra = extra.iter().map(|(key, value)| (Arc::from(*key), Arc::from(masked(value))));
        let set = TagSet::from_pairs(pairs.chain(extra).collect::<Vec<(Arc<str>, Arc<str>)>>());
        inner.tags.find(&set).unwrap_or_else(|| inner.tags.add(&set))
    }

    /// What stands for a part of a server in a ledger: a tag set of [`PART`](crate::PART) alone, with the name as
    /// people read it (`pool_wait` and `pool-wait` are `pool wait`), at most 60 characters of it. Names that are not
    /// told apart, because there are too many, are [`OTHER_PARTS`].
    pub fn part(&self, name: &str) -> TagSetId {
        let name = part_name(name);
        let mut inner = self.write();
        let set = |name: &str| TagSet::new([(PART, &*masked(name))]);
        if let Some(known) = inner.tags.find(&set(&name)) {
            return known;
        }
        let beyond = inner.parts >= MOST_PARTS;
        let set = set(if beyond { OTHER_PARTS } else { &name });
        if let Some(known) = inner.tags.find(&set) {
            return known;
        }
        inner.parts += 1;
        inner.tags.add(&set)
    }

    /// As [`Schema::intern`] with pairs of which some are folded already, and within the limit: `None` for a new set
    /// that there is no room for.
    pub(crate) fn intern_recorded<'a>(
        &self,
        base: TagSetId,
        extra: impl Iterator<Item = (&'a str, &'a str, Fate)>,
    ) -> Option<Interned> {
        let mut inner = self.write();
        let mut draft = Draft::of(inner.tags.get(base));
        for (key, value, fate) in extra {
            match fate {
                Fate::Whole => draft.whole(Arc::from(key), Arc::from(masked(value))),
                Fate::Folded => draft.folded(Arc::from(key), Arc::from(masked(value))),
                Fate::LeftOut => draft.left_out(key),
            }
        }
        let mut set = draft.finish();
        let mut known = inner.tags.find(&set);
        if known.is_none() && !inner.folds.is_idle() {
            // The base may be older than the folds.
            let mut draft = Draft::of(&set);
            draft.fold(&inner.folds);
            set = draft.finish();
            known = inner.tags.find(&set);
        }
        let id = match known {
            Some(id) => id,
            None if inner.room.has_room(inner.tags.sets().len(), inner.tags.bytes()) => {
                let id = inner.tags.add(&set);
                inner.count_keys();
                self.generation.store(inner.folds.generation, Ordering::Release);
                id
            }
            None => return None,
        };
        Some(Interned { id, folded: set.is_folded() })
    }

    /// The set for what cannot even be folded.
    pub(crate) fn intern_nothing(&self) -> Interned {
        Interned { id: self.intern(TagSetId::EMPTY, &[(FOLDED, EVERYTHING)]), folded: true }
    }

    /// Folds more keys; `false` when there are none left.
    pub(crate) fn fold_more(&self) -> bool {
        let mut inner = self.write();
        let Inner { tags, folds, room, .. } = &mut *inner;
        // Another worker may have done it meanwhile.
        if room.has_room(tags.sets().len(), tags.bytes()) {
            return true;
        }
        let more = room.fold_more(&tags.values(), folds);
        self.generation.store(folds.generation, Ordering::Release);
        more
    }

    /// Which keys are folded now.
    pub(crate) fn folds(&self) -> Folds {
        self.read().folds.clone()
    }

    /// Grows when [`Schema::folds`] changes.
    #[inline]
    pub(crate) fn fold_generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How many questions a worker remembers the answers of: several ways of asking for each set.
    pub(crate) fn most_questions(&self) -> usize {
        self.tag_set_limit.saturating_mul(16)
    }

    /// Has the values of tags that are judged kept, whatever is folded, and `keep` asked what must be known of those
    /// that are. Adds to what is watched already; the newest `keep` counts. Call it before recording starts: what was
    /// folded before then is not covered.
    pub fn watch(&self, watched: &Watched, keep: Option<Arc<dyn Keep>>) {
        let mut inner = self.write();
        Arc::make_mut(&mut inner.folds.watched).add(watched);
        inner.folds.keep = keep.or_else(|| inner.folds.keep.take());
        inner.folds.generation += 1;
        self.generation.store(inner.folds.generation, Ordering::Release);
    }

    /// What is watched.
    pub fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.read().folds.watched)
    }

    /// Takes over what another schema, whose sets come into this one, has watched: of two that are folded, what both
    /// have.
    pub(crate) fn merge_watched(&self, other: &Self) {
        if !other.is_folded() {
            return;
        }
        let theirs = other.watched();
        let mut inner = self.write();
        let folded = inner.tags.is_folded();
        let ours = Arc::make_mut(&mut inner.folds.watched);
        if folded {
            ours.keep_common(&theirs);
        } else {
            ours.clone_from(&theirs);
        }
    }

    /// Whether the values of some tags were folded away because there were too many.
    pub fn is_folded(&self) -> bool {
        self.read().tags.is_folded()
    }

    /// The keys whose values were folded away, in the order in which that came up, without their samples: see
    /// [`Run::folded`](crate::Run::folded).
    pub fn folded(&self) -> Vec<FoldedKey> {
        self.read().tags.folded()
    }

    /// The pairs of a tag set.
    ///
    /// # Panics
    /// When the id comes from another schema and is not known here.
    pub fn tag_set(&self, id: TagSetId) -> TagSet {
        self.read().tags.get(id).clone()
    }

    /// How many tag sets there are, the empty one included.
    pub fn tag_set_count(&self) -> usize {
        self.read().tags.sets().len()
    }

    /// How many tag sets recorders may make before keys are folded.
    pub fn tag_set_limit(&self) -> usize {
        self.tag_set_limit
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
        self.read().tags.sets().get(position..).unwrap_or_default().to_vec()
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
    /// Takes no more keys when there are too many.
    fn count_keys(&mut self) {
        if self.room.is_full_of(self.tags.keys(), &self.folds) {
            self.folds.close_keys(&self.tags.values());
        }
    }
}

/// k6's rule: `^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`.
fn is_metric_name(name: &str) -> bool {
    (2..=129).contains(&name.len())
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
