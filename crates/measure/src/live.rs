//! What a recorder keeps of one series until the next window is taken.
//!
//! A trend buffers its values and works on them in batches: pushing to a vector is all that recording does. Only a
//! series with more than [`RAW_LIMIT`] values in one window gets a dense table of its own, in pages of one doubling
//! each. All buffers stay for the next window, so that the steady state allocates nothing.

use std::iter::repeat_n;

use crate::buckets::Buckets;
use crate::histogram::Histogram;
use crate::index::{BUCKETS_PER_DOUBLING, bucket_index};
use crate::limit::LimitCount;
use crate::metric::MetricKind;
use crate::sink::{Counter, Gauge, Rate, Sink};
use crate::trend::{RAW_LIMIT, Trend, Values, count_limits, record_limits};

/// Up to this many values in a window stay raw for good: eight bytes each is less than a sum, a minimum, a maximum
/// and the buckets.
pub(crate) const SMALL: usize = 4;

#[derive(Debug)]
pub(crate) enum Live {
    Counter(Counter),
    Gauge(Option<Gauge>),
    Rate(Rate),
    Trend(LiveTrend),
}

#[derive(Debug, Default)]
pub(crate) struct LiveTrend {
    pending: Vec<f64>,
    /// Values that came many at a time.
    runs: Vec<(f64, u64)>,
    /// Values since the beginning: beyond [`RAW_LIMIT`] the total is in buckets, and raw values are of no use.
    seen: u64,
    limits: Box<[f64]>,
    spill: Option<Box<Spill>>,
}

/// What became of the values of a window that are no longer pending.
#[derive(Debug)]
struct Spill {
    used: bool,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    limits: Vec<LimitCount>,
    zero: u64,
    positive: Pages,
    negative: Pages,
    /// Values that came many at a time, where they are more than a page counts.
    many: Histogram,
}

/// Counts by bucket index, in pages of one doubling; the pages between the lowest and the highest exist.
#[derive(Debug, Default)]
struct Pages {
    first: i32,
    pages: Vec<Option<Box<[u32; PAGE]>>>,
}

const PAGE: usize = BUCKETS_PER_DOUBLING as usize;

impl Live {
    pub(crate) fn new(kind: MetricKind, limits: Vec<f64>) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(Counter::default()),
            MetricKind::Gauge => Self::Gauge(None),
            MetricKind::Rate => Self::Rate(Rate::default()),
            MetricKind::Trend => Self::Trend(LiveTrend { limits: limits.into(), ..LiveTrend::default() }),
        }
    }

    /// Takes what came together since the last time.
    pub(crate) fn take(&mut self, scratch: &mut Vec<i32>) -> Option<Sink> {
        match self {
            Self::Counter(counter) => Some(Sink::Counter(std::mem::take(counter))),
            Self::Gauge(gauge) => gauge.take().map(Sink::Gauge),
            Self::Rate(rate) => Some(Sink::Rate(std::mem::take(rate))),
            Self::Trend(trend) => Some(Sink::Trend(trend.take(scratch))),
        }
    }
}

impl LiveTrend {
    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        if self.pending.len() == RAW_LIMIT {
            self.spill();
        }
        self.pending.push(value);
    }

    /// As [`record`](Self::record), so many times.
    pub(crate) fn record_many(&mut self, value: f64, times: u64) {
        if self.runs.len() == RAW_LIMIT {
            self.spill();
        }
        if times > 0 {
            self.runs.push((value, times));
        }
    }

    #[cold]
    fn spill(&mut self) {
        let limits = &self.limits;
        let spill = self.spill.get_or_insert_with(|| Box::new(Spill::new(limits)));
        spill.add(&self.pending);
        for &(value, times) in &self.runs {
            spill.add_many(value, times);
        }
        self.seen += waiting(&self.pending, &self.runs);
        self.pending.clear();
        self.runs.clear();
    }

    fn take(&mut self, scratch: &mut Vec<i32>) -> Trend {
        let waiting = waiting(&self.pending, &self.runs);
        let has_spilled = self.spill.as_ref().is_some_and(|spill| spill.used);
        let is_raw = !has_spilled && (self.seen + waiting <= RAW_LIMIT as u64 || waiting <= SMALL as u64);
        if is_raw {
            let runs = self.runs.drain(..).flat_map(|(value, times)| repeat_n(value, times as usize));
            self.pending.extend(runs);
        } else if has_spilled || !self.runs.is_empty() {
            self.spill();
        }
        self.seen += self.pending.len() as u64;
        let trend = match &mut self.spill {
            Some(spill) if spill.used => spill.take(),
            _ if is_raw => Trend::from_raw(self.pending.clone(), &self.limits),
            _ => bucketed(&self.pending, &self.limits, scratch),
        };
        self.pending.clear();
        trend
    }
}

/// How many values there are.
fn waiting(pending: &[f64], runs: &[(f64, u64)]) -> u64 {
    pending.len() as u64 + runs.iter().map(|(_, times)| times).sum::<u64>()
}

fn bucketed(values: &[f64], limits: &[f64], scratch: &mut Vec<i32>) -> Trend {
    Trend {
        count: values.len() as u64,
        sum: values.iter().sum(),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        limits: count_limits(values, limits),
        values: Values::Buckets(Histogram::of(values, scratch)),
    }
}

impl Spill {
    fn new(limits: &[f64]) -> Self {
        Self {
            used: false,
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            limits: limits.iter().map(|limit| LimitCount::new(*limit)).collect(),
            zero: 0,
            positive: Pages::default(),
            negative: Pages::default(),
            many: Histogram::default(),
        }
    }

    fn add(&mut self, values: &[f64]) {
        self.used = true;
        self.count += values.len() as u64;
        record_limits(&mut self.limits, values);
        for &value in values {
            self.sum += value;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            if value > 0.0 {
                self.positive.add(bucket_index(value));
            } else if value < 0.0 {
                self.negative.add(bucket_index(-value));
            } else {
                self.zero += 1;
            }
        }
    }

    fn add_many(&mut self, value: f64, times: u64) {
        self.used = true;
        self.count += times;
        for limit in &mut self.limits {
            limit.record_many(value, times);
        }
        self.sum += value * times as f64;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let pages = if value > 0.0 { &mut self.positive } else { &mut self.negative };
        if value == 0.0 {
            self.zero += times;
        } else if !pages.add_many(bucket_index(value.abs()), times) {
            self.many.record_many(value, times);
        }
    }

    fn take(&mut self) -> Trend {
        let mut histogram =
            Histogram { positive: self.positive.take(), zero: self.zero, negative: self.negative.take() };
        histogram.merge(&std::mem::take(&mut self.many));
        let trend = Trend {
            count: self.count,
            sum: self.sum,
            min: self.min,
            max: self.max,
            limits: self.limits.clone(),
            values: Values::Buckets(histogram),
        };
        self.used = false;
        self.count = 0;
        self.sum = 0.0;
        self.min = f64::INFINITY;
        self.max = f64::NEG_INFINITY;
        self.zero = 0;
        for limit in &mut self.limits {
            *limit = LimitCount::new(limit.limit);
        }
        trend
    }
}

impl Pages {
    #[inline]
    fn add(&mut self, index: i32) {
        let page = index.div_euclid(BUCKETS_PER_DOUBLING);
        let within = index.rem_euclid(BUCKETS_PER_DOUBLING) as usize;
        match self.pages.get_mut((page - self.first) as usize) {
            Some(Some(counts)) => counts[within] += 1,
            _ => self.open(page)[within] += 1,
        }
    }

    /// Adds so many, unless that is more than it can count; whether it did.
    fn add_many(&mut self, index: i32, times: u64) -> bool {
        let page = index.div_euclid(BUCKETS_PER_DOUBLING);
        let within = index.rem_euclid(BUCKETS_PER_DOUBLING) as usize;
        let count = match self.pages.get_mut((page - self.first) as usize) {
            Some(Some(counts)) => &mut counts[within],
            _ => &mut self.open(page)[within],
        };
        let sum = u32::try_from(times).ok().and_then(|times| count.checked_add(times));
        *count = sum.unwrap_or(*count);
        sum.is_some()
    }

    #[cold]
    fn open(&mut self, page: i32) -> &mut [u32; PAGE] {
        if self.pages.is_empty() {
            self.first = page;
        }
        while page < self.first {
            self.pages.insert(0, None);
            self.first -= 1;
        }
        let position = (page - self.first) as usize;
        if position >= self.pages.len() {
            self.pages.resize_with(position + 1, || None);
        }
        self.pages[position].get_or_insert_with(|| Box::new([0; PAGE]))
    }

    fn take(&mut self) -> Buckets {
        let mut buckets = Buckets::default();
        for (position, page) in self.pages.iter_mut().enumerate() {
            let Some(page) = page else { continue };
            let base = (self.first + position as i32) * BUCKETS_PER_DOUBLING;
            for (within, count) in page.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                buckets.push(base + within as i32, u64::from(std::mem::take(count)));
            }
        }
        buckets
    }
}
