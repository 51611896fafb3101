//! The recorder: one per worker, the only thing a request touches.
//!
//! A series is found by two array lookups (tags, then metric), its buffers are the worker's own, and nothing is
//! locked or allocated once a series is known. Once a second the worker takes a window, which is when buckets are
//! counted and memory is allocated.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use loadline_secrets::masked;

use crate::clock::unix_ns;
use crate::known_parts::KnownParts;
use crate::ledger::{LiveLedger, PART, RequestTimes, ServerAccount};
use crate::live::Live;
use crate::metric::MetricId;
use crate::schema::Schema;
use crate::shapes::Shapes;
use crate::sink::Gauge;
use crate::tagger::Tagger;
use crate::tags::{TagSet, TagSetId, Tags};
use crate::traced::{TraceBatch, TraceSender, TracedRequest};
use crate::window::{Series, Window};

/// One recorded value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When, in nanoseconds since 1970 UTC, as last told to [`Recorder::set_time`].
    pub time_unix_ns: i64,
    /// The metric.
    pub metric: MetricId,
    /// The tags.
    pub tags: TagSetId,
    /// The tags as they were given, when those above are folded.
    pub whole: Option<TagSet>,
    /// The value in the metric's unit.
    pub value: f64,
}

/// Records values on one worker.
#[derive(Debug)]
pub struct Recorder {
    schema: Arc<Schema>,
    tagger: Tagger,
    /// By tags, then by metric: the position in `slots`.
    rows: Vec<Vec<u32>>,
    slots: Vec<Slot>,
    /// Positions of the slots that have values; its capacity is the number of slots.
    touched: Vec<u32>,
    /// By tags: the position in `ledgers`.
    ledger_rows: Vec<u32>,
    ledgers: Vec<LedgerSlot>,
    parts: KnownParts,
    pub(crate) shapes: Shapes,
    time_unix_ns: i64,
    sequence: u64,
    rejected: u64,
    stream: Option<Stream>,
    traces: Option<TraceBatch>,
    scratch: Vec<i32>,
}

#[derive(Debug)]
struct Slot {
    series: Series,
    touched: bool,
    live: Live,
}

#[derive(Debug)]
struct LedgerSlot {
    tags: TagSetId,
    touched: bool,
    live: LiveLedger,
}

#[derive(Debug)]
struct Stream {
    sender: SyncSender<Vec<Sample>>,
    batch: Vec<Sample>,
    lost: u64,
}

const NO_SLOT: u32 = u32::MAX;
const BATCH: usize = 256;

impl Recorder {
    /// A recorder for one worker.
    pub fn new(schema: Arc<Schema>) -> Self {
        Self {
            schema,
            tagger: Tagger::default(),
            rows: Vec::new(),
            slots: Vec::new(),
            touched: Vec::new(),
            ledger_rows: Vec::new(),
            ledgers: Vec::new(),
            parts: KnownParts::default(),
            shapes: Shapes::default(),
            time_unix_ns: 0,
            sequence: 0,
            rejected: 0,
            stream: None,
            traces: None,
            scratch: Vec::new(),
        }
    }

    /// The schema it records into.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Sets the time that stamps gauges and raw samples, in nanoseconds since 1970 UTC.
    pub fn set_time(&mut self, unix_ns: i64) {
        self.time_unix_ns = unix_ns;
    }

    /// Sets it to now, where raw samples are sent; else nobody would see it.
    pub fn stamp(&mut self) {
        if self.is_streaming() {
            self.time_unix_ns = unix_ns();
        }
    }

    /// The tag set with the pairs of `base` and `extra`; in case of equal keys the later one wins.
    ///
    /// The number of sets is limited ([`Schema::tag_set_limit`]). Beyond the limit a set that is new has `(other)` in
    /// place of the values of those keys that have the most, unless a value is watched ([`Schema::watch`]); the set
    /// then says so ([`TagSet::folded_keys`]). Everything else stays.
    #[inline]
    pub fn tags(&mut self, base: TagSetId, extra: &[(&str, &str)]) -> TagSetId {
        if extra.is_empty() {
            return base;
        }
        match self.tagger.known(base, extra) {
            Some(found) => found.id,
            None => self.tagger.find(&self.schema, base, extra).id,
        }
    }

    /// As [`Recorder::tags`]; where raw samples are sent, a set that has to be folded is kept whole beside it.
    pub fn whole_tags(&mut self, base: &Tags, extra: &[(&str, &str)]) -> Tags {
        if extra.is_empty() {
            return base.clone();
        }
        let known = self.tagger.known(base.id, extra);
        let found = known.unwrap_or_else(|| self.tagger.find(&self.schema, base.id, extra));
        let whole = self.is_streaming() && (found.folded || base.whole.is_some());
        let whole = whole.then(|| {
            let base = base.whole.clone().unwrap_or_else(|| self.schema.tag_set(base.id));
            let extra: Vec<_> = extra.iter().map(|(key, value)| (*key, masked(value))).collect();
            TagSet::new(base.iter().chain(extra.iter().map(|(key, value)| (*key, &**value))))
        });
        Tags { id: found.id, whole }
    }

    /// Records a value. One that is not finite is left out and counted in [`Recorder::rejected`].
    ///
    /// # Panics
    /// When the metric or the tags come from another schema and are not known in this one.
    #[inline]
    pub fn record(&mut self, metric: MetricId, value: f64, tags: TagSetId) {
        if self.put(metric, value, tags)
            && let Some(stream) = &mut self.stream
        {
            let time_unix_ns = self.time_unix_ns;
            stream.push(Sample { time_unix_ns, metric, tags, whole: None, value });
        }
    }

    /// Records a value so many times, as what counts values has them; no raw samples are sent.
    ///
    /// # Panics
    /// As [`Recorder::record`].
    pub fn record_many(&mut self, metric: MetricId, value: f64, tags: TagSetId, times: u64) {
        if times == 0 {
            return;
        }
        if !value.is_finite() {
            self.rejected += times;
            return;
        }
        let position = self.touched(metric, tags);
        match &mut self.slots[position as usize].live {
            Live::Counter(counter) => counter.record_many(value, times),
            Live::Rate(rate) => rate.record_many(value, times),
            Live::Trend(trend) => trend.record_many(value, times),
            // Its last value is the same.
            Live::Gauge(_) => self.gauge(position, value),
        }
    }

    /// As [`Recorder::record`], with tags that are also known whole.
    ///
    /// # Panics
    /// As [`Recorder::record`].
    #[inline]
    pub fn record_whole(&mut self, metric: MetricId, value: f64, tags: &Tags) {
        if self.put(metric, value, tags.id)
            && let Some(stream) = &mut self.stream
        {
            let time_unix_ns = self.time_unix_ns;
            stream.push(Sample { time_unix_ns, metric, tags: tags.id, whole: tags.whole.clone(), value });
        }
    }

    /// Whether the value counts.
    #[inline]
    fn put(&mut self, metric: MetricId, value: f64, tags: TagSetId) -> bool {
        if !value.is_finite() {
            self.rejected += 1;
            return false;
        }
        let position = self.touched(metric, tags);
        match &mut self.slots[position as usize].live {
            Live::Counter(counter) => counter.record(value),
            Live::Rate(rate) => rate.record(value),
            Live::Trend(trend) => trend.record(value),
            Live::Gauge(_) => self.gauge(position, value),
        }
        true
    }

    /// The slot of a series that has a value in this window.
    #[inline]
    fn touched(&mut self, metric: MetricId, tags: TagSetId) -> u32 {
        let position = match self.rows.get(tags.index()).and_then(|row| row.get(metric.index())) {
            Some(&position) if position != NO_SLOT => position,
            _ => self.open(metric, tags),
        };
        let slot = &mut self.slots[position as usize];
        if !slot.touched {
            slot.touched = true;
            self.touched.push(position);
        }
        position
    }

    fn gauge(&mut self, position: u32, value: f64) {
        let Live::Gauge(gauge) = &mut self.slots[position as usize].live else { return };
        self.sequence += 1;
        let now = Gauge::new(value, self.time_unix_ns, self.sequence);
        match gauge {
            Some(gauge) => gauge.merge(&now),
            None => *gauge = Some(now),
        }
    }

    #[cold]
    fn open(&mut self, metric: MetricId, tags: TagSetId) -> u32 {
        let definition = self.schema.definition(metric);
        assert!(tags.index() < self.schema.tag_set_count(), "the tags are of this schema");
        if self.rows.len() <= tags.index() {
            self.rows.resize_with(tags.index() + 1, Vec::new);
        }
        let row = &mut self.rows[tags.index()];
        if row.len() <= metric.index() {
            row.resize(metric.index() + 1, NO_SLOT);
        }
        let position = self.slots.len() as u32;
        row[metric.index()] = position;
        let live = Live::new(definition.metric.kind, definition.limits);
        self.slots.push(Slot { series: Series { metric, tags }, touched: false, live });
        self.touched.reserve(self.slots.len() - self.touched.len());
        position
    }

    /// Records where the time of a request went, and what its server tells of it.
    ///
    /// # Panics
    /// When the tags come from another schema and are not known in this one.
    #[inline]
    pub fn account(&mut self, tags: TagSetId, times: &RequestTimes, server: Option<&ServerAccount>) {
        self.ledger(tags).add(times, server);
    }

    /// Records what is told of a request after it was recorded by [`Recorder::account`]: its response time and its
    /// waiting were so many nanoseconds.
    ///
    /// # Panics
    /// As [`Recorder::account`].
    pub fn explain(&mut self, tags: TagSetId, total: i64, waiting: i64, server: &ServerAccount) {
        self.ledger(tags).tell(total, waiting, server);
    }

    /// What stands for a part of a server in a [`ServerAccount`], by its name. See [`Schema::part`].
    #[inline]
    pub fn part(&mut self, name: &[u8]) -> TagSetId {
        self.parts.find(&self.schema, name)
    }

    /// Records those parts of a server that something is judged by as values of a metric, in milliseconds and as they
    /// were told.
    pub fn record_parts(&mut self, metric: MetricId, account: &ServerAccount, tags: &Tags) {
        if !self.parts.is_judged() {
            return;
        }
        for (part, nanoseconds) in account.as_told() {
            let Some(name) = self.parts.judged(part).map(str::to_owned) else { continue };
            let own = self.whole_tags(tags, &[(PART, &name)]);
            self.record_whole(metric, nanoseconds as f64 / 1e6, &own);
        }
    }

    /// What stands for all parts beyond those that are told apart.
    #[inline]
    pub fn other_parts(&mut self) -> TagSetId {
        self.parts.other(&self.schema)
    }

    #[inline]
    fn ledger(&mut self, tags: TagSetId) -> &mut LiveLedger {
        let position = match self.ledger_rows.get(tags.index()) {
            Some(&position) if position != NO_SLOT => position,
            _ => self.open_ledger(tags),
        };
        let slot = &mut self.ledgers[position as usize];
        slot.touched = true;
        &mut slot.live
    }

    #[cold]
    fn open_ledger(&mut self, tags: TagSetId) -> u32 {
        assert!(tags.index() < self.schema.tag_set_count(), "the tags are of this schema");
        if self.ledger_rows.len() <= tags.index() {
            self.ledger_rows.resize(tags.index() + 1, NO_SLOT);
        }
        let position = self.ledgers.len() as u32;
        self.ledger_rows[tags.index()] = position;
        self.ledgers.push(LedgerSlot { tags, touched: false, live: LiveLedger::default() });
        position
    }

    /// Takes what was recorded since the last time, and sends the raw samples that wait.
    pub fn take_window(&mut self) -> Window {
        if let Some(stream) = &mut self.stream {
            stream.flush();
        }
        if let Some(traces) = &mut self.traces {
            traces.flush();
        }
        let mut entries = Vec::with_capacity(self.touched.len());
        for position in self.touched.drain(..) {
            let slot = &mut self.slots[position as usize];
            slot.touched = false;
            if let Some(sink) = slot.live.take(&mut self.scratch) {
                entries.push((slot.series, sink));
            }
        }
        let mut ledgers = Vec::new();
        for slot in self.ledgers.iter_mut().filter(|slot| slot.touched) {
            slot.touched = false;
            ledgers.push((slot.tags, slot.live.take()));
        }
        Window::from_entries(entries).with_ledgers(ledgers)
    }

    /// Sends every value from now on also as a raw [`Sample`], in batches. When the channel is full or closed, a
    /// batch is lost and counted in [`Recorder::lost_samples`]: recording never waits.
    pub fn stream(&mut self, sender: SyncSender<Vec<Sample>>) {
        self.stream = Some(Stream { sender, batch: Vec::with_capacity(BATCH), lost: 0 });
    }

    /// Whether raw samples are sent, so that their time matters.
    pub fn is_streaming(&self) -> bool {
        self.stream.is_some()
    }

    /// Sends the raw samples that wait and lets go of the channel. How many found no room in it.
    pub fn end_stream(&mut self) -> u64 {
        self.stream.take().map_or(0, |mut stream| {
            stream.flush();
            stream.lost
        })
    }

    /// How many raw samples found no room in the channel.
    pub fn lost_samples(&self) -> u64 {
        self.stream.as_ref().map_or(0, |stream| stream.lost)
    }

    /// Hands over the requests that carry a trace from now on, in batches. Recording never waits for who takes them.
    pub fn trace(&mut self, sender: TraceSender) {
        self.traces = Some(TraceBatch::new(sender));
    }

    /// A request that carried a trace has ended.
    #[inline]
    pub fn traced(&mut self, request: impl FnOnce() -> TracedRequest) {
        if let Some(traces) = &mut self.traces {
            traces.push(request());
        }
    }

    /// How many values were not finite and were left out.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }
}

impl Stream {
    fn push(&mut self, sample: Sample) {
        self.batch.push(sample);
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if let Err(refused) = self.sender.try_send(batch) {
            let (std::sync::mpsc::TrySendError::Full(mut batch)
            | std::sync::mpsc::TrySendError::Disconnected(mut batch)) = refused;
            self.lost += batch.len() as u64;
            batch.clear();
            self.batch = batch;
        }
    }
}
