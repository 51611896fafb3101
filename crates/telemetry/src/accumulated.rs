//! What every series has come to since the run began, and which of them changed since somebody looked.
//!
//! Receivers that keep totals are sent totals: what is lost on the way is made up for by the next that arrives.

use std::hash::Hash;
use std::sync::Arc;

use loadline_measure::{Counter, Histogram, Rate, Schema, Series, Sink, Trend, Unit, Window, bucket_index};
use rustc_hash::FxHashMap;

/// Milliseconds in a second: times are measured in those, and receivers want these.
pub(crate) const MS_PER_S: f64 = 1000.0;

/// All series by what they are called where they go: two that are called the same there are one.
pub(crate) struct Accumulated<I> {
    schema: Arc<Schema>,
    /// Whether times are wanted in seconds.
    in_seconds: bool,
    by_series: FxHashMap<Series, u32>,
    by_identity: FxHashMap<I, u32>,
    totals: Vec<Total<I>>,
    changed: Vec<u32>,
}

/// What one of them has come to.
pub(crate) struct Total<I> {
    /// What it is called.
    pub(crate) identity: I,
    /// Its values, in the metric's own unit.
    pub(crate) sink: Sink,
    /// The distribution of a trend of times in seconds, where that is wanted.
    pub(crate) seconds: Histogram,
    /// Whether its values are times.
    pub(crate) is_time: bool,
    /// Nothing was said of it yet.
    pub(crate) is_new: bool,
    is_changed: bool,
}

impl<I: Clone + Eq + Hash> Accumulated<I> {
    pub(crate) fn new(schema: Arc<Schema>, in_seconds: bool) -> Self {
        Self {
            schema,
            in_seconds,
            by_series: FxHashMap::default(),
            by_identity: FxHashMap::default(),
            totals: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Adds a window; `identify` says what a series is called that was not there before.
    pub(crate) fn take(&mut self, window: &Window, mut identify: impl FnMut(&Schema, Series) -> I) {
        for (series, sink) in window.iter() {
            let number = if let Some(number) = self.by_series.get(&series) {
                *number
            } else {
                let identity = identify(&self.schema, series);
                let next = self.totals.len() as u32;
                let number = *self.by_identity.entry(identity.clone()).or_insert(next);
                if number == next {
                    let is_time = self.schema.metric(series.metric).unit == Unit::Milliseconds;
                    self.totals.push(Total::new(identity, sink, is_time));
                }
                self.by_series.insert(series, number);
                number
            };
            let total = &mut self.totals[number as usize];
            total.sink.merge(sink);
            if let (Sink::Trend(trend), true) = (sink, self.in_seconds && total.is_time) {
                add_in_seconds(&mut total.seconds, trend);
            }
            if !std::mem::replace(&mut total.is_changed, true) {
                self.changed.push(number);
            }
        }
    }

    /// The numbers of those that changed since this was asked last, in the order in which they first came up.
    pub(crate) fn changed(&mut self) -> Vec<u32> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        for number in &changed {
            self.totals[*number as usize].is_changed = false;
        }
        changed
    }

    /// Counts these as changed.
    pub(crate) fn repeat(&mut self, numbers: &[u32]) {
        for number in numbers {
            if !std::mem::replace(&mut self.totals[*number as usize].is_changed, true) {
                self.changed.push(*number);
            }
        }
    }

    /// What one has come to.
    pub(crate) fn total(&mut self, number: u32) -> &mut Total<I> {
        &mut self.totals[number as usize]
    }

    /// The numbers of all.
    pub(crate) fn all(&self) -> std::ops::Range<u32> {
        0..self.totals.len() as u32
    }
}

impl<I> Total<I> {
    /// Nothing yet, of the kind of these values.
    fn new(identity: I, sink: &Sink, is_time: bool) -> Self {
        let sink = match sink {
            Sink::Counter(_) => Sink::Counter(Counter::default()),
            Sink::Rate(_) => Sink::Rate(Rate::default()),
            Sink::Trend(_) => Sink::Trend(Trend::default()),
            // It has no nothing, and taking its own value twice changes nothing.
            Sink::Gauge(gauge) => Sink::Gauge(*gauge),
        };
        Self { identity, sink, seconds: Histogram::default(), is_time, is_new: true, is_changed: false }
    }
}

/// Adds times in milliseconds to a distribution in seconds.
///
/// A thousand is no power of the buckets' base, so their bounds are others: a value that was kept as it is lies in its
/// own bucket, one of a bucket lies where the value does that stands for it, which is off by at most
/// [`RELATIVE_ERROR`](loadline_measure::RELATIVE_ERROR).
fn add_in_seconds(seconds: &mut Histogram, trend: &Trend) {
    match trend.raw() {
        Some(values) => {
            for value in values {
                seconds.record(value / MS_PER_S);
            }
        }
        None => {
            for (value, count) in trend.histogram().values() {
                let value = value / MS_PER_S;
                if value > 0.0 {
                    seconds.positive.add(bucket_index(value), count);
                } else if value < 0.0 {
                    seconds.negative.add(bucket_index(-value), count);
                } else {
                    seconds.zero += count;
                }
            }
        }
    }
}
