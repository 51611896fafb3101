//! A window as bytes: how a second is kept in memory and in the file.
//!
//! A decoded window takes some 200 bytes for every series; encoded it is a tenth of that, which is what makes it
//! possible to keep every second of every series of an hour-long run. Numbers are variable-length, buckets are stored
//! as distances from each other.
//!
//! Raw values are kept in two cases: while the total of the series is raw, because the total must come out exactly
//! when it is put together again; and when there are so few that buckets would be larger. Sum, extremes and counters
//! at limits are then left out, for they follow from the values.

use serde::{Deserialize, Serialize};

use crate::buckets::Buckets;
use crate::histogram::Histogram;
use crate::ledger::{accounts_in, accounts_of, ledgers_of};
use crate::limit::LimitCount;
use crate::live::SMALL;
use crate::metric::MetricId;
use crate::schema::Definition;
use crate::sink::{Counter, Gauge, Rate, Sink};
use crate::tags::TagSetId;
use crate::trend::{RAW_LIMIT, Trend, Values};
use crate::window::{Series, Window};

/// No series gets more values than this in a second; what claims to is not a run.
const MOST_VALUES: u64 = 1 << 40;
/// Beyond the buckets of the largest and smallest number there are.
const MOST_INDEX: i32 = 1100 * 256;

#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) metric: u32,
    pub(crate) tags: u32,
    pub(crate) values: Record,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Record {
    Counter { sum: f64, count: u64 },
    Gauge { last: f64, time_unix_ns: i64, sequence: u64, min: f64, max: f64 },
    Rate { passes: u64, total: u64 },
    Raw(Vec<f64>),
    Buckets(Box<BucketRecord>),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) limits: Vec<LimitCount>,
    pub(crate) zero: u64,
    pub(crate) positive: Distances,
    pub(crate) negative: Distances,
}

/// The first index, then for each bucket its distance from the one before, and its count.
#[derive(Serialize, Deserialize)]
pub(crate) struct Distances(pub(crate) i32, pub(crate) Vec<(u32, u64)>);

/// What is wrong with bytes that do not decode.
pub(crate) type Damage = &'static str;

/// Encodes a window. `total` tells how many values a series has had up to the end of this window.
pub(crate) fn encode(window: &Window, total: impl FnMut(Series) -> u64) -> Vec<u8> {
    let mut bytes =
        postcard::to_stdvec(&entries(window, total)).expect("plain data of known length always encodes");
    if !window.ledgers().is_empty() {
        bytes = postcard::to_extend(&accounts_of(window.ledgers()), bytes)
            .expect("plain data of known length always encodes");
    }
    bytes
}

/// What is kept of a window; `total` as in [`encode`].
pub(crate) fn entries(window: &Window, mut total: impl FnMut(Series) -> u64) -> Vec<Entry> {
    window
        .iter()
        .map(|(series, sink)| Entry {
            metric: series.metric.0,
            tags: series.tags.0,
            values: Record::of(sink, || total(series)),
        })
        .collect()
}

/// Decodes a window. The definitions are those of the schema that the metrics belong to; `ids` gives what stands for
/// the ids that were encoded. Its ledgers have at most so many bands.
pub(crate) fn decode(
    bytes: &[u8],
    definitions: &[Definition],
    ids: &impl Ids,
    most_bands: u64,
) -> Result<Window, Damage> {
    let (entries, rest): (Vec<Entry>, _) =
        postcard::take_from_bytes(bytes).map_err(|_| "a second does not decode")?;
    let ledgers = ledgers_of(accounts_in(rest, most_bands)?, |tags| ids.tags(tags))?;
    Ok(window_of(entries, definitions, ids)?.with_ledgers(ledgers))
}

/// From the ids that were encoded to those of the schema at hand.
pub(crate) trait Ids {
    /// The series of two of them.
    fn series(&self, metric: u32, tags: u32) -> Option<Series>;

    /// The tag set of one.
    fn tags(&self, tags: u32) -> Option<TagSetId>;
}

/// Ids that are those of the schema itself.
pub(crate) struct Same;

impl Ids for Same {
    fn series(&self, metric: u32, tags: u32) -> Option<Series> {
        Some(Series { metric: MetricId(metric), tags: TagSetId(tags) })
    }

    fn tags(&self, tags: u32) -> Option<TagSetId> {
        Some(TagSetId(tags))
    }
}

/// How many series an encoded window says it has.
pub(crate) fn series_in(bytes: &[u8]) -> Result<u64, Damage> {
    let (series, _) = postcard::take_from_bytes(bytes).map_err(|_| "a second does not decode")?;
    Ok(series)
}

/// The window that was kept, when it can be one; otherwise as [`decode`].
pub(crate) fn window_of(
    entries: Vec<Entry>,
    definitions: &[Definition],
    ids: &impl Ids,
) -> Result<Window, Damage> {
    let mut decoded = Vec::with_capacity(entries.len());
    for entry in entries {
        let series = ids.series(entry.metric, entry.tags).ok_or("a second has an unknown series")?;
        let definition = definitions.get(series.metric.index()).ok_or("a second has an unknown metric")?;
        let sink = entry.values.into_sink(&definition.limits)?;
        if sink.kind() != definition.metric.kind {
            return Err("a second has values of the wrong kind");
        }
        decoded.push((series, sink));
    }
    decoded.sort_unstable_by_key(|(series, _)| *series);
    if decoded.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err("a second has a series twice");
    }
    Ok(Window::from_entries(decoded))
}

impl Record {
    fn of(sink: &Sink, total: impl FnOnce() -> u64) -> Self {
        match sink {
            Sink::Counter(Counter { sum, count }) => Self::Counter { sum: *sum, count: *count },
            Sink::Gauge(Gauge { last, time_unix_ns, sequence, min, max }) => Self::Gauge {
                last: *last,
                time_unix_ns: *time_unix_ns,
                sequence: *sequence,
                min: *min,
                max: *max,
            },
            Sink::Rate(Rate { passes, total }) => Self::Rate { passes: *passes, total: *total },
            Sink::Trend(trend) => match &trend.values {
                Values::Raw(values) if values.len() <= SMALL || total() <= RAW_LIMIT as u64 => {
                    Self::Raw(values.clone())
                }
                Values::Raw(values) => Self::buckets(trend, &Histogram::of(values, &mut Vec::new())),
                Values::Buckets(histogram) => Self::buckets(trend, histogram),
            },
        }
    }

    fn buckets(trend: &Trend, histogram: &Histogram) -> Self {
        Self::Buckets(Box::new(BucketRecord {
            sum: trend.sum,
            min: trend.min,
            max: trend.max,
            limits: trend.limits.clone(),
            zero: histogram.zero,
            positive: Distances::of(&histogram.positive),
            negative: Distances::of(&histogram.negative),
        }))
    }

    fn into_sink(self, limits: &[f64]) -> Result<Sink, Damage> {
        let sane =
            |count: u64| if count <= MOST_VALUES { Ok(count) } else { Err("a second has absurd counts") };
        Ok(match self {
            Self::Counter { sum, count } => Sink::Counter(Counter { sum, count: sane(count)? }),
            Self::Gauge { last, time_unix_ns, sequence, min, max } => {
                Sink::Gauge(Gauge { last, time_unix_ns, sequence, min, max })
            }
            Self::Rate { passes, total } if passes <= total => {
                Sink::Rate(Rate { passes, total: sane(total)? })
            }
            Self::Rate { .. } => return Err("a second has more passes than values"),
            Self::Raw(values) => {
                if values.len() > RAW_LIMIT || values.iter().any(|value| !value.is_finite()) {
                    return Err("a second has bad raw values");
                }
                Sink::Trend(Trend::from_raw(values, limits))
            }
            Self::Buckets(record) => {
                let BucketRecord { sum, min, max, limits, zero, positive, negative } = *record;
                let histogram = Histogram {
                    positive: positive.into_buckets()?,
                    zero: sane(zero)?,
                    negative: negative.into_buckets()?,
                };
                let count = sane(histogram.count())?;
                let counted = |limit: &LimitCount| {
                    let parts = [limit.below, limit.equal, limit.above];
                    parts.iter().all(|part| *part <= count) && parts.iter().sum::<u64>() == count
                };
                // The sum alone may have grown beyond what a number can hold.
                let finite = min.is_finite() && max.is_finite();
                if count == 0 || !finite || min > max || !limits.iter().all(counted) {
                    return Err("a second has figures that contradict each other");
                }
                Sink::Trend(Trend { count, sum, min, max, limits, values: Values::Buckets(histogram) })
            }
        })
    }
}

impl Distances {
    fn of(buckets: &Buckets) -> Self {
        let first = buckets.iter().next().map_or(0, |(index, _)| index);
        let mut last = first;
        let distances = buckets.iter().map(|(index, count)| {
            let distance = (index - last) as u32;
            last = index;
            (distance, count)
        });
        Self(first, distances.collect())
    }

    fn into_buckets(self) -> Result<Buckets, Damage> {
        let mut buckets = Buckets::default();
        let mut index = i64::from(self.0);
        let mut total = 0;
        for (position, (distance, count)) in self.1.into_iter().enumerate() {
            index += i64::from(distance);
            total += count.min(MOST_VALUES + 1);
            let ascends = (distance == 0) == (position == 0);
            if !ascends || count == 0 || index.abs() > i64::from(MOST_INDEX) || total > MOST_VALUES {
                return Err("a second has bad buckets");
            }
            buckets.push(index as i32, count);
        }
        Ok(buckets)
    }
}
