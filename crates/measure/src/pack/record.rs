//! One series in one second, number by number, each as the distance from what its past and its neighbours suggest.
//!
//! What is known is not written: a request counts in nine series, whose counts are the same; the smallest value lies in
//! the lowest bucket; the sum is near the sum of the buckets.

use super::number::Distance::{Above, Either};
use super::stream::{Real, Stream, Whole};
use crate::frame::{BucketRecord, Damage, Distances, Record};
use crate::index::representative;
use crate::limit::LimitCount;
use crate::trend::RAW_LIMIT;

/// What was last seen of a series.
#[derive(Debug, Default)]
pub(super) struct Past {
    count: u64,
    /// Of a counter the sum for each value, of a rate the share that passes.
    ratio: f64,
    last: f64,
    time_unix_ns: i64,
    sequence: u64,
    sequence_step: u64,
    lowest_raw: f64,
    first_positive: i32,
    first_negative: i32,
    limits: Vec<f64>,
}

/// What was seen of the same second.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    /// How many values the series before had, if its tags are the same.
    pub(super) count: Option<u64>,
    /// When the gauge before was recorded, if there was one.
    pub(super) time_unix_ns: Option<i64>,
}

const ABSENT: u64 = 0;
const COUNTER: u64 = 1;
const GAUGE: u64 = 2;
const RATE: u64 = 3;
const RAW: u64 = 4;
const BUCKETS: u64 = 5;

/// Goes over a record, or over nothing when the series has no values in the second. See [`Stream`] for `given`.
pub(super) fn record(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Option<Record>, Damage> {
    let form = match given {
        None => ABSENT,
        Some(Record::Counter { .. }) => COUNTER,
        Some(Record::Gauge { .. }) => GAUGE,
        Some(Record::Rate { .. }) => RATE,
        Some(Record::Raw(_)) => RAW,
        Some(Record::Buckets(_)) => BUCKETS,
    };
    let record = match stream.natural(Whole::Form, form)? {
        ABSENT => {
            beside.count = beside.count.map(|_| 0);
            return Ok(None);
        }
        COUNTER => counter(stream, past, beside, given)?,
        GAUGE => gauge(stream, past, beside, given)?,
        RATE => rate(stream, past, beside, given)?,
        RAW => raw(stream, past, beside, given)?,
        BUCKETS => buckets(stream, past, beside, given)?,
        _ => return Err("a block has an unknown record"),
    };
    Ok(Some(record))
}

fn count(stream: &mut impl Stream, past: &mut Past, beside: &mut Beside, given: u64) -> Result<u64, Damage> {
    let predicted = beside.count.unwrap_or(past.count) as i64;
    let apart = stream.integer(Whole::Count, (given as i64).wrapping_sub(predicted))?;
    past.count = predicted.wrapping_add(apart) as u64;
    beside.count = Some(past.count);
    Ok(past.count)
}

fn counter(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Record, Damage> {
    let (sum, of) = if let Some(Record::Counter { sum, count }) = given { (*sum, *count) } else { (0.0, 0) };
    let of = count(stream, past, beside, of)?;
    let sum = stream.real(Real::Total, sum, past.ratio * of as f64, Either)?;
    past.ratio = if of > 0 { sum / of as f64 } else { 0.0 };
    Ok(Record::Counter { sum, count: of })
}

fn rate(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Record, Damage> {
    let (passes, total) =
        if let Some(Record::Rate { passes, total }) = given { (*passes, *total) } else { (0, 0) };
    let total = count(stream, past, beside, total)?;
    let predicted = (past.ratio * total as f64).round() as i64;
    let apart = stream.integer(Whole::Passes, (passes as i64).wrapping_sub(predicted))?;
    let passes = predicted.wrapping_add(apart) as u64;
    past.ratio = if total > 0 { passes as f64 / total as f64 } else { 0.0 };
    Ok(Record::Rate { passes, total })
}

fn gauge(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Record, Damage> {
    const SECOND_NS: i64 = 1_000_000_000;
    let (last, time_unix_ns, sequence, min, max) = match given {
        Some(Record::Gauge { last, time_unix_ns, sequence, min, max }) => {
            (*last, *time_unix_ns, *sequence, *min, *max)
        }
        _ => (0.0, 0, 0, 0.0, 0.0),
    };
    let last = stream.real(Real::Last, last, past.last, Either)?;
    let min = stream.real(Real::Low, min, last, Either)?;
    let max = stream.real(Real::High, max, last, Either)?;
    let predicted = beside.time_unix_ns.unwrap_or(past.time_unix_ns.wrapping_add(SECOND_NS));
    let apart = stream.integer(Whole::Time, time_unix_ns.wrapping_sub(predicted))?;
    let time_unix_ns = predicted.wrapping_add(apart);
    let predicted = past.sequence.wrapping_add(past.sequence_step);
    let apart = stream.integer(Whole::Sequence, sequence.wrapping_sub(predicted) as i64)?;
    let sequence = predicted.wrapping_add(apart as u64);
    past.sequence_step = sequence.wrapping_sub(past.sequence);
    past.sequence = sequence;
    past.time_unix_ns = time_unix_ns;
    past.last = last;
    beside.time_unix_ns = Some(time_unix_ns);
    Ok(Record::Gauge { last, time_unix_ns, sequence, min, max })
}

fn raw(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Record, Damage> {
    let given: &[f64] = if let Some(Record::Raw(values)) = given { values } else { &[] };
    let of = count(stream, past, beside, given.len() as u64)?;
    if of > RAW_LIMIT as u64 {
        return Err("a second has bad raw values");
    }
    let mut values: Vec<f64> = Vec::with_capacity(given.len());
    for position in 0..of {
        let value = given.get(position as usize).copied().unwrap_or_default();
        let value = match values.last() {
            None => stream.real(Real::LowestRaw, value, past.lowest_raw, Either)?,
            // Ascending, as a trend keeps them.
            Some(lower) => stream.real(Real::NextRaw, value, *lower, Above)?,
        };
        values.push(value);
    }
    past.lowest_raw = values.first().copied().unwrap_or(past.lowest_raw);
    Ok(Record::Raw(values))
}

fn buckets(
    stream: &mut impl Stream,
    past: &mut Past,
    beside: &mut Beside,
    given: Option<&Record>,
) -> Result<Record, Damage> {
    let given = if let Some(Record::Buckets(given)) = given { Some(&**given) } else { None };
    let sizes = given.map_or((0, 0, 0), |given| (size(&given.positive), given.zero, size(&given.negative)));
    let of = count(stream, past, beside, sizes.0 + sizes.1 + sizes.2)?;
    // Mostly none or all of them.
    let stated = match sizes.1 {
        0 => 0,
        all if all == of => 1,
        some => some + 1,
    };
    let zero = match stream.natural(Whole::Zero, stated)? {
        0 => 0,
        1 => of,
        some => some - 1,
    };
    let below = stream.natural(Whole::Negative, sizes.2)?;
    let above =
        of.checked_sub(zero).and_then(|rest| rest.checked_sub(below)).ok_or("a block has absurd counts")?;
    let positive = distances(stream, &mut past.first_positive, above, given.map(|given| &given.positive))?;
    let negative = distances(stream, &mut past.first_negative, below, given.map(|given| &given.negative))?;
    let spread = Spread::of(&positive, zero, &negative);
    let stated = given.map_or((0.0, 0.0, 0.0), |given| (given.min, given.max, given.sum));
    let min = stream.real(Real::Low, stated.0, spread.lowest, Either)?;
    let max = stream.real(Real::High, stated.1, spread.highest, Either)?;
    let sum = stream.real(Real::Sum, stated.2, spread.sum_with(min, max, of), Either)?;
    let stated = given.map_or(&[][..], |given| &given.limits);
    let mut limits = Vec::with_capacity(stated.len());
    for position in 0..stream.natural(Whole::LimitCount, stated.len() as u64)? as usize {
        let stated = stated.get(position).copied().unwrap_or(LimitCount::new(0.0));
        limits.push(limit(stream, past, position, (of, min, max), &stated)?);
    }
    Ok(Record::Buckets(Box::new(BucketRecord { sum, min, max, limits, zero, positive, negative })))
}

fn size(distances: &Distances) -> u64 {
    distances.1.iter().map(|(_, count)| count).sum()
}

/// A sorted list of buckets: the first index, then for each the distance to the next. A distance of zero says that
/// there is more than one value in the bucket, and how many is in a column of its own.
fn distances(
    stream: &mut impl Stream,
    first: &mut i32,
    mut rest: u64,
    given: Option<&Distances>,
) -> Result<Distances, Damage> {
    if rest == 0 {
        return Ok(Distances(0, Vec::new()));
    }
    let empty = Distances(0, Vec::new());
    let given = given.unwrap_or(&empty);
    let stated = |position: usize| given.1.get(position).copied().unwrap_or_default();
    let apart = stream.integer(Whole::First, i64::from(given.0) - i64::from(*first))?;
    *first = i32::try_from(i64::from(*first).wrapping_add(apart)).map_err(|_| "a bucket is out of range")?;
    let mut buckets = Vec::with_capacity(given.1.len());
    let mut distance = 0;
    loop {
        let (_, stated_count) = stated(buckets.len());
        let stated_next = u64::from(stated(buckets.len() + 1).0);
        let mut count = 1;
        let mut next = 0;
        if rest > 1 {
            next = stream.natural(Whole::Gap, if stated_count > 1 { 0 } else { stated_next })?;
            if next == 0 {
                count = stream.natural(Whole::Repeat, stated_count.wrapping_sub(2))?.saturating_add(2);
                if count < rest {
                    next = stream.natural(Whole::Gap, stated_next)?;
                }
            }
        }
        buckets.push((distance, count));
        rest = rest.checked_sub(count).ok_or("a block has absurd counts")?;
        if rest == 0 {
            return Ok(Distances(*first, buckets));
        }
        distance = u32::try_from(next).map_err(|_| "a bucket is out of range")?;
    }
}

fn limit(
    stream: &mut impl Stream,
    past: &mut Past,
    position: usize,
    (count, min, max): (u64, f64, f64),
    given: &LimitCount,
) -> Result<LimitCount, Damage> {
    let predicted = past.limits.get(position).copied().unwrap_or_default();
    let limit = stream.real(Real::Limit, given.limit, predicted, Either)?;
    match past.limits.get_mut(position) {
        Some(known) => *known = limit,
        None => past.limits.push(limit),
    }
    let above = stream.natural(Whole::Above, given.above)?;
    let equal = stream.natural(Whole::Equal, given.equal)?;
    // What is left, so that the column is all zeros.
    let rest = count.wrapping_sub(above).wrapping_sub(equal) as i64;
    let below =
        rest.wrapping_add(stream.integer(Whole::Below, (given.below as i64).wrapping_sub(rest))?) as u64;
    let near = |extreme: f64, is_it: bool| if is_it { extreme } else { limit };
    let nearest_below = near(max, above == 0 && equal == 0);
    let nearest_below = stream.real(Real::Nearest, given.nearest_below, nearest_below, Either)?;
    let nearest_above = near(min, below == 0 && equal == 0);
    let nearest_above = stream.real(Real::Nearest, given.nearest_above, nearest_above, Either)?;
    Ok(LimitCount { limit, below, equal, above, nearest_below, nearest_above })
}

/// Where the values of a record lie, by its buckets alone.
struct Spread {
    lowest: f64,
    highest: f64,
    sum: f64,
}

impl Spread {
    fn of(positive: &Distances, zero: u64, negative: &Distances) -> Self {
        let zeros = (zero > 0).then_some((0.0, zero));
        let negative = indexes(negative).map(|(index, count)| (-representative(index), count));
        let positive = indexes(positive).map(|(index, count)| (representative(index), count));
        let mut spread = Self { lowest: f64::INFINITY, highest: f64::NEG_INFINITY, sum: 0.0 };
        for (value, count) in negative.chain(zeros).chain(positive) {
            spread.lowest = spread.lowest.min(value);
            spread.highest = spread.highest.max(value);
            spread.sum += value * count as f64;
        }
        spread
    }

    /// The sum when the extremes are known.
    fn sum_with(&self, min: f64, max: f64, count: u64) -> f64 {
        match count {
            1 => min,
            2 => min + max,
            _ => self.sum - self.lowest - self.highest + min + max,
        }
    }
}

fn indexes(distances: &Distances) -> impl Iterator<Item = (i32, u64)> {
    distances.1.iter().scan(distances.0, |index, (distance, count)| {
        // Damaged distances lead anywhere; they are refused when the window is made.
        *index = index.wrapping_add_unsigned(*distance);
        Some((*index, *count))
    })
}
