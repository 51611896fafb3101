//! A run: everything that was measured, by series and by second, and what it was that ran.
//!
//! Totals are kept beside the seconds so that judging needs no pass over time. Both come from the same windows. The
//! newest second is kept as it is, because parts of it may still come; all others sealed, a tenth of
//! the size. Gauges are kept open as well, a number for each second: how memory went over an hour is asked for again
//! and again while a run goes on, and must not take opening an hour of seconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::completeness::Completeness;
use crate::described::Description;
use crate::folded::FoldedKey;
use crate::ledger::Ledger;
use crate::meta::RunMeta;
use crate::metric::{Metric, MetricId};
use crate::schema::{Definition, Schema};
use crate::sealed::Sealed;
use crate::sink::Sink;
use crate::tags::{TagSet, TagSetId};
use crate::translation::{MergeError, Translation};
use crate::window::{Series, Window, merged};

/// Everything that was measured.
#[derive(Debug, Clone)]
pub struct Run {
    /// What it was that ran.
    pub meta: RunMeta,
    /// How long it ran: up to the end of the last second pushed, unless whoever ran it knows better.
    pub duration: Duration,
    /// What is missing, where whoever read it found that.
    lacks: Option<Completeness>,
    schema: Arc<Schema>,
    totals: BTreeMap<Series, (TagSet, Sink)>,
    ledgers: BTreeMap<TagSetId, (TagSet, Ledger)>,
    /// All other seconds.
    sealed: BTreeMap<u64, Sealed>,
    /// The newest second.
    open: Option<(u64, Window)>,
    /// The last value of each gauge in each second, ascending.
    gauges: BTreeMap<Series, Vec<(u64, f64)>>,
}

impl Run {
    /// A run without measurements.
    pub fn new(meta: RunMeta, schema: Arc<Schema>) -> Self {
        Self {
            meta,
            duration: Duration::ZERO,
            lacks: None,
            schema,
            totals: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            sealed: BTreeMap::new(),
            open: None,
            gauges: BTreeMap::new(),
        }
    }

    /// Whether it has everything that it was to have. One that is made is complete, until somebody says otherwise.
    pub fn completeness(&self) -> Completeness {
        match (&self.lacks, &self.meta.interrupted) {
            (Some(lacks), _) => lacks.clone(),
            (None, Some(why)) => Completeness::Interrupted { why: why.clone() },
            (None, None) => Completeness::Complete,
        }
    }

    /// What became of a run that is not whole, as words that follow its name: `was interrupted by a signal after 12s`.
    pub fn incomplete(&self) -> Option<String> {
        self.completeness().words(self.duration)
    }

    /// Says whether it has everything. That it was interrupted stays with it, wherever it is kept.
    pub fn set_completeness(&mut self, completeness: Completeness) {
        (self.lacks, self.meta.interrupted) = match completeness {
            Completeness::Complete => (None, None),
            Completeness::Interrupted { why } => (None, Some(why)),
            other => (Some(other), self.meta.interrupted.take()),
        };
    }

    /// The metrics and tag sets of its series.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// How a metric is described to people: as the run says, as the built-in ones are, or else by its name and its
    /// own unit.
    pub fn description(&self, metric: &Metric) -> Description {
        Description::of(metric, self.meta.descriptions.get(&metric.name))
    }

    /// Adds what was recorded in a second, counted from 0 at the start of the run. A second may come in several
    /// parts and in any order; one that is not the newest costs more.
    ///
    /// # Panics
    /// When the window is of another schema.
    pub fn push(&mut self, second: u64, mut window: Window) {
        match self.open.take() {
            Some((open, mut known)) if open == second => {
                self.add_to_totals(&window);
                known.merge(window);
                self.open = Some((second, known));
            }
            newest => {
                // Sealed before the totals grow: what is kept depends on the total up to its own second.
                if let Some((open, known)) = newest {
                    self.seal(open, &known);
                }
                self.add_to_totals(&window);
                if let Some(known) = self.sealed.remove(&second) {
                    let mut earlier = known.open(&self.schema.definitions_from(0));
                    earlier.merge(window);
                    window = earlier;
                }
                self.open = Some((second, window));
            }
        }
        self.note_gauges(second);
        self.duration = self.duration.max(Duration::from_secs(second + 1));
    }

    fn note_gauges(&mut self, second: u64) {
        let Some((_, window)) = &self.open else { return };
        let gauges = window.iter().filter_map(|(series, sink)| Some((series, sink.as_gauge()?.last)));
        for (series, value) in gauges {
            let seconds = self.gauges.entry(series).or_default();
            match seconds.last() {
                Some((newest, _)) if *newest >= second => {
                    match seconds.binary_search_by_key(&second, |(known, _)| *known) {
                        Ok(position) => seconds[position].1 = value,
                        Err(position) => seconds.insert(position, (second, value)),
                    }
                }
                _ => seconds.push((second, value)),
            }
        }
    }

    fn add_to_totals(&mut self, window: &Window) {
        for (series, sink) in window.iter() {
            match self.totals.get_mut(&series) {
                Some((_, total)) => total.merge(sink),
                None => {
                    self.totals.insert(series, (self.schema.tag_set(series.tags), sink.clone()));
                }
            }
        }
        for (tags, ledger) in window.ledgers() {
            match self.ledgers.get_mut(tags) {
                Some((_, total)) => total.merge(ledger),
                None => {
                    self.ledgers.insert(*tags, (self.schema.tag_set(*tags), ledger.clone()));
                }
            }
        }
    }

    fn seal(&mut self, second: u64, window: &Window) {
        let sealed = Sealed::new(window, |series| self.total(series).map_or(0, Sink::count));
        self.sealed.insert(second, sealed);
    }

    /// Adds everything of another run, which may have another schema. Seconds are those since each run's own start.
    /// Of what they say about themselves, this run's word stands; the earlier start and the longer duration count, and
    /// what one of them lacks is missing of both. The identity is made of both, so that pieces of one run stay that
    /// run.
    ///
    /// # Errors
    /// When a metric of one name has different kinds or units. Nothing is merged then.
    ///
    /// # Panics
    /// Never: a run's own seconds always decode.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError> {
        let schema = Arc::clone(&self.schema);
        let mut theirs = Translation::new(Arc::clone(&other.schema), Arc::clone(&schema))?;
        schema.merge_watched(&other.schema);
        let duration = self.duration.max(other.duration);
        self.meta.id = self.meta.merged_id(&other.meta);
        self.meta.events.merge(&other.meta.events);
        self.meta.slowest.merge(&other.meta.slowest);
        if let Some(theirs) = &other.meta.steered {
            let ours = self.meta.steered.get_or_insert_default();
            // Parts of one run are changed together or one by one: what nobody can tell apart is not added up.
            ours.changes = ours.changes.max(theirs.changes);
            ours.paused_ms = ours.paused_ms.max(theirs.paused_ms);
        }
        let mut empty = Self::new(std::mem::take(&mut self.meta), Arc::clone(&schema));
        empty.lacks = self.lacks.take().or_else(|| other.lacks.clone());
        let ours = std::mem::replace(self, empty);
        // In the order of time, as if recorded together: which raw values are kept depends on what came before.
        let mut ours = ours.seconds().peekable();
        for (second, window) in other.seconds() {
            while let Some((earlier, window)) = ours.next_if(|(earlier, _)| *earlier < second) {
                self.push(earlier, window);
            }
            if let Some((_, window)) = ours.next_if(|(same, _)| *same == second) {
                self.push(second, window);
            }
            self.push(second, theirs.window(&window)?);
        }
        for (second, window) in ours {
            self.push(second, window);
        }
        self.duration = duration;
        self.meta.started_unix_ms = self.meta.started_unix_ms.min(other.meta.started_unix_ms);
        self.meta.interrupted = self.meta.interrupted.take().or(other.meta.interrupted);
        for (key, value) in other.meta.annotations {
            self.meta.annotations.entry(key).or_insert(value);
        }
        // One machine that could not keep up spoils what all of them measured together.
        if let Some(theirs) = other.meta.saturation {
            let evidence = &mut self.meta.saturation.get_or_insert_default().evidence;
            let news: Vec<String> =
                theirs.evidence.into_iter().filter(|text| !evidence.contains(text)).collect();
            evidence.extend(news);
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
        self.select_where(metric, |tags| tags.matches(matches))
    }

    /// All series of a metric whose tags are wanted, merged; `None` when none of them has a value.
    pub fn select_where(&self, metric: MetricId, wanted: impl Fn(&TagSet) -> bool) -> Option<Sink> {
        let first = Series { metric, tags: TagSetId::EMPTY };
        let of_metric = self.totals.range(first..).take_while(|(series, _)| series.metric == metric);
        merged(of_metric.filter(|(_, (tags, _))| wanted(tags)).map(|(_, (_, sink))| sink))
    }

    /// Where the time of requests went, by their tags.
    pub fn ledgers(&self) -> impl Iterator<Item = (&TagSet, &Ledger)> {
        self.ledgers.values().map(|(tags, ledger)| (tags, ledger))
    }

    /// Where the time of all requests went whose tags are wanted; `None` when there are none.
    pub fn ledger_where(&self, wanted: impl Fn(&TagSet) -> bool) -> Option<Ledger> {
        let mut wanted = self.ledgers().filter(|(tags, _)| wanted(tags)).map(|(_, ledger)| ledger);
        let mut all = wanted.next()?.clone();
        wanted.for_each(|ledger| all.merge(ledger));
        Some(all)
    }

    /// The keys of tags whose values were folded away because there were too many, with how many samples that concerns.
    pub fn folded(&self) -> Vec<FoldedKey> {
        let mut keys = self.schema.folded();
        if !keys.is_empty() {
            for (_, tags, sink) in self.series().filter(|(_, tags, _)| tags.is_folded()) {
                for key in &mut keys {
                    key.samples += if tags.has_folded(&key.key) { sink.count() } else { 0 };
                }
            }
        }
        keys
    }

    /// The series of a gauge that carry all these tags, each with its last value in every second that has one,
    /// ascending.
    pub fn gauge_seconds<K: AsRef<str>, V: AsRef<str>>(
        &self,
        metric: MetricId,
        matches: &[(K, V)],
    ) -> Vec<(&TagSet, &[(u64, f64)])> {
        let first = Series { metric, tags: TagSetId::EMPTY };
        let of_metric = self.gauges.range(first..).take_while(|(series, _)| series.metric == metric);
        of_metric
            .filter_map(|(series, seconds)| {
                let (tags, _) = self.totals.get(series)?;
                tags.matches(matches).then_some((tags, seconds.as_slice()))
            })
            .collect()
    }

    /// The last value of a gauge's series in every second that has one, ascending.
    pub fn gauge(&self, series: Series) -> &[(u64, f64)] {
        self.gauges.get(&series).map_or(&[], Vec::as_slice)
    }

    /// The tags of a series that has values.
    pub fn tags(&self, series: Series) -> Option<&TagSet> {
        self.totals.get(&series).map(|(tags, _)| tags)
    }

    /// The seconds that were pushed, ascending.
    pub fn seconds(&self) -> impl Iterator<Item = (u64, Window)> {
        self.opened(Sealed::open, Window::clone)
    }

    /// The seconds that were pushed, ascending, with those series alone that are wanted, which ascend too: of a few
    /// series among thousands much less work than all of [`Run::seconds`].
    pub fn seconds_of(&self, wanted: &[Series]) -> impl Iterator<Item = (u64, Window)> {
        debug_assert!(wanted.is_sorted(), "wanted series ascend");
        let wanted: Arc<[Series]> = wanted.into();
        let of_open = Arc::clone(&wanted);
        self.opened(
            move |sealed, definitions| sealed.open_part(definitions, &wanted),
            move |window| window.only(&of_open),
        )
    }

    /// The number of the last second that was pushed.
    pub fn newest_second(&self) -> Option<u64> {
        let open = self.open.as_ref().map(|(second, _)| *second);
        open.max(self.sealed.last_key_value().map(|(second, _)| *second))
    }

    fn opened(
        &self,
        open: impl Fn(&Sealed, &[Definition]) -> Window,
        newest: impl Fn(&Window) -> Window,
    ) -> impl Iterator<Item = (u64, Window)> {
        let definitions = self.schema.definitions_from(0);
        let split = self.open.as_ref().map_or(u64::MAX, |(second, _)| *second);
        let before = self.sealed.range(..split).map(|(second, sealed)| (*second, Some(sealed)));
        let open_second = self.open.as_ref().map(|(second, _)| (*second, None));
        let after = self.sealed.range(split..).map(|(second, sealed)| (*second, Some(sealed)));
        before.chain(open_second).chain(after).map(move |(second, sealed)| match sealed {
            Some(sealed) => (second, open(sealed, &definitions)),
            None => (second, self.open.as_ref().map(|(_, window)| newest(window)).unwrap_or_default()),
        })
    }

    /// What was recorded in one second.
    pub fn second(&self, second: u64) -> Option<Window> {
        match &self.open {
            Some((open, window)) if *open == second => Some(window.clone()),
            _ => Some(self.sealed.get(&second)?.open(&self.schema.definitions_from(0))),
        }
    }

    /// How many bytes the seconds take that are no longer the newest.
    pub fn sealed_bytes(&self) -> usize {
        self.sealed.values().map(Sealed::size).sum()
    }
}
