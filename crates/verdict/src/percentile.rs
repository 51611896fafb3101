//! How a percentile threshold is decided: by counting, not by estimating.
//!
//! The rule. k6 judges the percentile that is interpolated linearly between two neighbours in the sorted list of all
//! values (R's type 7). While a series has its raw values, the same is done here. Beyond them only buckets remain,
//! whose error of 0.136 % would decide wrongly near the limit; but the exact counters at the limit tell on which side
//! of it every rank lies. With `b` values below the limit and `e` equal to it, rank `r` (from 0) is below the limit
//! when `r < b`, equal to it when `r < b + e`, else above. If both neighbours are on one side, so is the percentile.
//! If the limit lies between them, they are the largest value below and the smallest above, which the counters keep,
//! and the interpolation is done with these. So the decision is the one that all raw values would give, always.
//!
//! Source: a quantile is at most x exactly when the share of values at most x reaches q (van der Vaart, Asymptotic
//! Statistics, 1998, lemma 21.1); the share is what budgets should count (Google's SRE workbook, chapter 2).
//!
//! The figure shown is the estimate from the buckets, moved to the side of the limit where the counters put it.
//! Without counters, which is possible only for a limit that was not registered before the run, the estimate decides
//! and the verdict says so.

use std::cmp::Ordering;

use loadline_measure::{LimitCount, Trend, interpolate, rank};

/// A percentile next to a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compared {
    /// The percentile's value, for showing.
    pub(crate) value: f64,
    /// How it compares with the limit.
    pub(crate) ordering: Ordering,
    /// Whether the comparison is exact.
    pub(crate) exact: bool,
}

/// Compares the quantile of all values of the trend and of `unanswered` more, which rank above every limit; `None` for
/// an empty trend.
pub(crate) fn compare(trend: &Trend, unanswered: u64, quantile: f64, limit: f64) -> Option<Compared> {
    let last = trend.count().checked_sub(1)?;
    let (low, fraction) = rank(quantile, trend.count() + unanswered);
    let high = low + u64::from(fraction > 0.0);
    if high > last {
        return Some(Compared { value: f64::INFINITY, ordering: Ordering::Greater, exact: true });
    }
    let estimate = if unanswered == 0 {
        trend.quantile(quantile)?
    } else {
        trend.quantile((low as f64 + fraction) / last.max(1) as f64)?
    };
    let by_value = |value: f64, exact| Compared { value, ordering: value.total_cmp(&limit), exact };
    if trend.is_exact() {
        return Some(by_value(normal(estimate), true));
    }
    let Some(counted) = trend.limit(limit) else { return Some(by_value(normal(estimate), false)) };
    let exact = |value, ordering| Some(Compared { value, ordering, exact: true });
    match (side(low, &counted), side(high, &counted)) {
        (Ordering::Less, Ordering::Less) => exact(estimate.min(counted.nearest_below), Ordering::Less),
        (Ordering::Greater, Ordering::Greater) => {
            exact(estimate.max(counted.nearest_above), Ordering::Greater)
        }
        (left, right) => {
            let value_of = |side: Ordering| match side {
                Ordering::Less => counted.nearest_below,
                Ordering::Equal => limit,
                Ordering::Greater => counted.nearest_above,
            };
            Some(by_value(normal(interpolate(value_of(left), value_of(right), fraction)), true))
        }
    }
}

/// On which side of the limit the value at a rank is.
fn side(rank: u64, counted: &LimitCount) -> Ordering {
    if rank < counted.below {
        Ordering::Less
    } else if rank < counted.below + counted.equal {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

/// Negative zero as zero: `total_cmp` tells them apart, thresholds must not.
pub(crate) fn normal(value: f64) -> f64 {
    value + 0.0
}
