//! A distribution of values: exact while it is small, in buckets when it is large.
//!
//! Up to [`RAW_LIMIT`] values are kept as they are, sorted, so that a small run's percentiles are exact and equal to
//! k6's. Beyond it only buckets remain, with a relative error of at most 0.136 %. Which of the two it is depends on
//! the number of values alone, never on the order of merging.
//!
//! Sums are added up in floating point: while the values are raw the sum is taken over the sorted list and is the
//! same in any order; beyond that it is the same up to rounding.

use crate::histogram::Histogram;
use crate::limit::LimitCount;

/// Up to this many values of a trend are kept as they are.
pub const RAW_LIMIT: usize = 1_000;

/// A distribution of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Ascending by limit.
    pub(crate) limits: Vec<LimitCount>,
    pub(crate) values: Values,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    /// All values, ascending.
    Raw(Vec<f64>),
    Buckets(Histogram),
}

impl Default for Trend {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Trend {
    /// An empty trend with exact counters at these limits.
    pub fn new(limits: &[f64]) -> Self {
        Self::from_raw(Vec::new(), limits)
    }

    /// The trend of these values, with exact counters at these limits; values that are not finite are left out.
    pub fn of(values: &[f64], limits: &[f64]) -> Self {
        let mut trend = Self::new(limits);
        for part in values.chunks(RAW_LIMIT) {
            let finite = part.iter().copied().filter(|value| value.is_finite()).collect();
            trend.merge(&Self::from_raw(finite, limits));
        }
        trend
    }

    /// At most [`RAW_LIMIT`] finite values.
    pub(crate) fn from_raw(mut values: Vec<f64>, limits: &[f64]) -> Self {
        debug_assert!(values.len() <= RAW_LIMIT);
        values.sort_unstable_by(f64::total_cmp);
        let limits = limits.iter().map(|limit| count_ascending(&values, *limit)).collect();
        Self {
            count: values.len() as u64,
            sum: values.iter().sum(),
            min: values.first().copied().unwrap_or(f64::INFINITY),
            max: values.last().copied().unwrap_or(f64::NEG_INFINITY),
            limits,
            values: Values::Raw(values),
        }
    }

    /// Adds all values of another trend. Counters stay at the limits that both have: a counter that saw only a part
    /// of the values would be wrong.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other.clone();
            return;
        }
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        merge_limits(&mut self.limits, &other.limits);
        match (&mut self.values, &other.values) {
            (Values::Raw(ours), Values::Raw(theirs)) if ours.len() + theirs.len() <= RAW_LIMIT => {
                merge_ascending(ours, theirs);
                self.sum = ours.iter().sum();
                return;
            }
            (Values::Buckets(ours), Values::Buckets(theirs)) => ours.merge(theirs),
            (Values::Buckets(ours), Values::Raw(theirs)) => {
                ours.merge(&Histogram::of(theirs, &mut Vec::new()));
            }
            (Values::Raw(ours), theirs) => {
                let mut merged = Histogram::of(ours, &mut Vec::new());
                match theirs {
                    Values::Raw(theirs) => merged.merge(&Histogram::of(theirs, &mut Vec::new())),
                    Values::Buckets(theirs) => merged.merge(theirs),
                }
                self.values = Values::Buckets(merged);
            }
        }
        self.sum += other.sum;
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all values.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The smallest value, exactly.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// The largest value, exactly.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }

    /// The arithmetic mean.
    pub fn avg(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The median; of an even number of values the mean of the middle two.
    pub fn med(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The quantile for `q` from 0 to 1, interpolated linearly between the two nearest ranks as k6 does (R's type 7,
    /// Hyndman and Fan 1996): exact while [`Trend::is_exact`], else each of the two is off by at most 0.136 % of its
    /// magnitude.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.count.checked_sub(1)?;
        let (low, fraction) = rank(q, self.count);
        let high = (low + 1).min(last);
        let (at_low, at_high) = match &self.values {
            Values::Raw(values) => (values[low as usize], values[high as usize]),
            Values::Buckets(histogram) => {
                let (at_low, at_high) = histogram.at_ranks(low, high);
                (self.clamp(low, at_low), self.clamp(high, at_high))
            }
        };
        Some(interpolate(at_low, at_high, fraction))
    }

    /// The first and the last rank are known exactly, and nothing lies outside of them.
    fn clamp(&self, rank: u64, value: f64) -> f64 {
        if rank == 0 {
            self.min
        } else if rank + 1 == self.count {
            self.max
        } else {
            value.clamp(self.min, self.max)
        }
    }

    /// Whether all values are kept as they are, so that every quantile is exact.
    pub fn is_exact(&self) -> bool {
        matches!(self.values, Values::Raw(_))
    }

    /// All values, ascending, while they are kept as they are.
    pub fn raw(&self) -> Option<&[f64]> {
        match &self.values {
            Values::Raw(values) => Some(values),
            Values::Buckets(_) => None,
        }
    }

    /// How many values lie below, at and above a limit: from the counters, or from the values while they are raw.
    /// `None` when the values are not raw and the limit was not registered.
    pub fn limit(&self, limit: f64) -> Option<LimitCount> {
        let at = self.limits.partition_point(|known| known.limit < limit);
        if let Some(known) = self.limits.get(at).filter(|known| known.limit == limit) {
            return Some(*known);
        }
        Some(count_ascending(self.raw()?, limit))
    }

    /// The counters kept, ascending by limit.
    pub fn limits(&self) -> &[LimitCount] {
        &self.limits
    }

    /// The distribution in buckets, for exports and heat maps.
    pub fn histogram(&self) -> Histogram {
        match &self.values {
            Values::Raw(values) => Histogram::of(values, &mut Vec::new()),
            Values::Buckets(histogram) => histogram.clone(),
        }
    }
}

/// The lower of the two ranks a quantile lies between, from 0, and how far it lies towards the next.
///
/// `q` is clamped to 0 to 1; `count` must not be 0.
pub fn rank(q: f64, count: u64) -> (u64, f64) {
    let position = q.clamp(0.0, 1.0) * (count - 1) as f64;
    (position as u64, position.fract())
}

/// The point between two neighbours; exactly the first one for a fraction of 0, and for equal neighbours.
pub fn interpolate(low: f64, high: f64, fraction: f64) -> f64 {
    if fraction == 0.0 || low == high { low } else { low + (high - low) * fraction }
}

/// With more limits than this it pays to sort the values first.
const FEW_LIMITS: usize = 16;

pub(crate) fn count_limits(values: &[f64], limits: &[f64]) -> Vec<LimitCount> {
    let mut counted: Vec<LimitCount> = limits.iter().map(|limit| LimitCount::new(*limit)).collect();
    record_limits(&mut counted, values);
    counted
}

/// Counts these values, in any order, at each limit.
pub(crate) fn record_limits(limits: &mut [LimitCount], values: &[f64]) {
    if limits.len() <= FEW_LIMITS {
        return limits.iter_mut().for_each(|limit| limit.record(values));
    }
    let mut ascending = values.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    for limit in limits {
        limit.merge(&count_ascending(&ascending, limit.limit));
    }
}

/// How many of ascending values lie below, at and above a limit.
fn count_ascending(values: &[f64], limit: f64) -> LimitCount {
    let below = values.partition_point(|value| *value < limit);
    let equal = values[below..].partition_point(|value| *value == limit);
    let above = below + equal;
    LimitCount {
        limit,
        below: below as u64,
        equal: equal as u64,
        above: (values.len() - above) as u64,
        nearest_below: below.checked_sub(1).map_or(f64::NEG_INFINITY, |last| values[last]),
        nearest_above: values.get(above).copied().unwrap_or(f64::INFINITY),
    }
}

/// Puts ascending values among ascending values, from the back: mostly a few new ones among hundreds, second by second.
fn merge_ascending(ours: &mut Vec<f64>, theirs: &[f64]) {
    let (mut left, mut right) = (ours.len(), theirs.len());
    ours.extend_from_slice(theirs);
    while right > 0 {
        let place = left + right - 1;
        if left > 0 && ours[left - 1].total_cmp(&theirs[right - 1]).is_gt() {
            left -= 1;
            ours[place] = ours[left];
        } else {
            right -= 1;
            ours[place] = theirs[right];
        }
    }
}

pub(crate) fn merge_limits(ours: &mut Vec<LimitCount>, theirs: &[LimitCount]) {
    let mut theirs = theirs.iter().peekable();
    // Both ascend.
    ours.retain_mut(|known| {
        while theirs.next_if(|other| other.limit < known.limit).is_some() {}
        match theirs.next_if(|other| other.limit == known.limit) {
            Some(other) => {
                known.merge(other);
                true
            }
            None => false,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_trends_are_exact_and_interpolate_as_k6_does() {
        let trend = Trend::of(&[4.0, 1.0, 3.0, 2.0], &[2.0]);
        assert!((trend.quantile(0.9).unwrap() - 3.7).abs() < 1e-12);
        assert_eq!(trend.med(), Some(2.5));
        assert_eq!((trend.min(), trend.max(), trend.avg()), (Some(1.0), Some(4.0), Some(2.5)));
        let counted = trend.limit(2.0).unwrap();
        assert_eq!((counted.below, counted.equal, counted.above), (1, 1, 2));
        assert_eq!((counted.nearest_below, counted.nearest_above), (1.0, 3.0));
        assert_eq!(trend.limit(3.5).unwrap().below, 3);
    }

    #[test]
    fn an_empty_trend_has_no_values_to_show() {
        let trend = Trend::default();
        assert_eq!((trend.min(), trend.max(), trend.avg(), trend.quantile(0.9)), (None, None, None, None));
    }

    #[test]
    fn the_thousandth_value_is_raw_and_the_next_is_not() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        let mut trend = Trend::of(&values, &[500.0]);
        assert!(trend.is_exact());
        assert_eq!(trend.quantile(0.95), Some(950.05));
        trend.merge(&Trend::of(&[1001.0], &[500.0]));
        assert!(!trend.is_exact());
        assert_eq!(trend.limit(500.0).unwrap().above, 501);
        assert_eq!(trend.limit(600.0), None);
        assert_eq!((trend.quantile(0.0), trend.quantile(1.0)), (Some(1.0), Some(1001.0)));
    }

    #[test]
    fn merging_keeps_values_ascending() {
        for (left, right) in
            [(&[1.0, 3.0, 3.0, 9.0][..], &[0.5, 3.0, 10.0][..]), (&[][..], &[2.0][..]), (&[2.0][..], &[][..])]
        {
            let mut merged = left.to_vec();
            merge_ascending(&mut merged, right);
            let mut sorted = [left, right].concat();
            sorted.sort_by(f64::total_cmp);
            assert_eq!(merged, sorted);
        }
    }

    #[test]
    fn zero_and_negative_values_have_their_places() {
        let values: Vec<f64> = (-1000..=1000).map(f64::from).collect();
        let trend = Trend::of(&values, &[]);
        assert_eq!(trend.med(), Some(0.0));
        let quarter = trend.quantile(0.25).unwrap();
        assert!((quarter + 500.0).abs() < 500.0 * 0.0014, "{quarter}");
    }

    #[test]
    fn counters_that_saw_a_part_are_dropped() {
        let mut trend = Trend::of(&[1.0], &[1.0, 2.0]);
        trend.merge(&Trend::of(&[2.0], &[2.0]));
        assert_eq!(trend.limits().len(), 1);
        assert_eq!(trend.limits()[0].equal, 1);
    }
}
