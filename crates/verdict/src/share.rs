//! A share of values, and an interval that knows that the seconds of a run resemble each other.
//!
//! A service that is slow is slow for a while, so a thousand slow requests in one bad minute are one observation more
//! than a thousand. The variance of the share is therefore taken from blocks of ten seconds or more, whose sums
//! are nearly independent; its ratio to that of independent values (the design effect) says how many independent values
//! the run is worth, and the exact binomial interval is computed with that many.
//!
//! Source: Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts
//! estimated from survey data, 1998: effective counts, corrected for how few blocks there are, in Clopper and Pearson's
//! interval. A share of 0 or 1 shows no variance; it counts every value, as they do.

use crate::stats::{beta_quantile, normal_quantile, t_quantile};

/// Seconds in a block at least.
const BLOCK_S: usize = 10;
/// Blocks at the most: more would be shorter than a bad moment of a long run.
const MOST_BLOCKS: usize = 60;
/// With fewer blocks than this the variance between them says nothing: the design effect is then at least [`ASSUMED`].
const FEWEST_BLOCKS: usize = 6;
/// What a run too short to tell is taken for: latencies with a correlation of 0.3 between seconds have about this.
const ASSUMED: f64 = 2.0;

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ShareInterval {
    /// Of all values, from 0 to 1.
    pub(crate) share: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// How many independent values the run is worth.
    pub(crate) effective: f64,
    /// How many of its values count for one; at least 1.
    pub(crate) design_effect: f64,
}

/// The share of `bad` among `total` values, both by the second, ascending; `None` without values.
pub(crate) fn share_interval(seconds: &[(u64, u64)], confidence: f64) -> Option<ShareInterval> {
    let (bad, total) = seconds.iter().fold((0, 0), |(bad, total), second| (bad + second.0, total + second.1));
    if total == 0 {
        return None;
    }
    let (count, share) = (total as f64, bad as f64 / total as f64);
    // A share of 0 or 1 shows no variance, and so no resemblance.
    let (design_effect, blocks) =
        if bad == 0 || bad == total { (1.0, 1) } else { design_effect(seconds, share, count) };
    let tail = (1.0 - confidence) / 2.0;
    // Few blocks know their own variance badly: the same correction as from normal to t.
    let known = if bad == 0 || bad == total {
        1.0
    } else {
        (normal_quantile(1.0 - tail) / t_quantile(1.0 - tail, (blocks.max(2) - 1) as f64)).powi(2)
    };
    let effective = count / design_effect;
    let (n, x) = (effective * known, share * effective * known);
    let low = if bad == 0 { 0.0 } else { beta_quantile(tail, x, n - x + 1.0) };
    let high = if bad == total { 1.0 } else { beta_quantile(1.0 - tail, x + 1.0, n - x) };
    Some(ShareInterval { share, low: low.min(share), high: high.max(share), effective, design_effect })
}

/// How many values count for one, and from how many blocks that was taken.
fn design_effect(seconds: &[(u64, u64)], share: f64, count: f64) -> (f64, usize) {
    let length =
        (seconds.len().div_ceil(MOST_BLOCKS)).max(BLOCK_S.min(seconds.len().div_ceil(FEWEST_BLOCKS)));
    let blocks: Vec<(f64, f64)> = seconds
        .chunks(length.max(1))
        .map(|block| block.iter().fold((0.0, 0.0), |(bad, total), s| (bad + s.0 as f64, total + s.1 as f64)))
        .filter(|(_, total)| *total > 0.0)
        .collect();
    let independent = share * (1.0 - share) / count;
    if independent <= 0.0 || blocks.len() < 2 {
        return (if blocks.len() < FEWEST_BLOCKS { ASSUMED } else { 1.0 }, blocks.len());
    }
    let squares: f64 = blocks.iter().map(|(bad, total)| (bad - share * total).powi(2)).sum();
    let number = blocks.len() as f64;
    let variance = number / (number - 1.0) * squares / (count * count);
    let least = if blocks.len() < FEWEST_BLOCKS { ASSUMED } else { 1.0 };
    ((variance / independent).max(least), blocks.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // scipy 1.17.1: binomtest(0, 20).proportion_ci(.99), and 3 of 100.
    #[test]
    fn independent_values_have_the_exact_interval() {
        let none = share_interval(&[(0, 1); 20], 0.99).unwrap();
        assert_eq!(none.low, 0.0);
        assert!((none.high - 0.232_729_500_988_589_36).abs() < 1e-9, "{none:?}");
        assert!(share_interval(&[], 0.99).is_none() && share_interval(&[(0, 0)], 0.99).is_none());
        assert_eq!(share_interval(&[(7, 7); 5], 0.99).unwrap().high, 1.0);
    }

    #[test]
    fn a_bad_minute_counts_less_than_the_same_values_spread_out() {
        let spread: Vec<(u64, u64)> = (0..600).map(|second| (u64::from(second % 2 == 0), 10)).collect();
        let burst: Vec<(u64, u64)> =
            (0..600).map(|second| (if second / 60 == 4 { 5 } else { 0 }, 10)).collect();
        let (spread, burst) = (share_interval(&spread, 0.99).unwrap(), share_interval(&burst, 0.99).unwrap());
        assert_eq!(spread.share, burst.share);
        assert_eq!(spread.design_effect, 1.0);
        assert!(burst.design_effect > 20.0, "{burst:?}");
        assert!(burst.high > 2.0 * spread.high && burst.low < spread.low, "{burst:?} {spread:?}");
    }

    #[test]
    fn a_run_too_short_to_tell_is_not_taken_for_independent() {
        let short = share_interval(&[(1, 50), (2, 50), (1, 50)], 0.99).unwrap();
        assert!(short.design_effect >= ASSUMED && short.effective <= 75.0, "{short:?}");
    }

    proptest! {
        #[test]
        fn holds_its_share_and_widens_with_confidence(
            seconds in proptest::collection::vec((0_u64..20, 0_u64..30), 1..200),
            confidence in 0.5..0.98_f64,
        ) {
            let seconds: Vec<(u64, u64)> = seconds.into_iter().map(|(bad, more)| (bad, bad + more)).collect();
            if let Some(interval) = share_interval(&seconds, confidence) {
                prop_assert!(0.0 <= interval.low && interval.low <= interval.share);
                prop_assert!(interval.share <= interval.high && interval.high <= 1.0);
                let wider = share_interval(&seconds, 0.99).unwrap();
                prop_assert!(wider.low <= interval.low + 1e-9 && wider.high >= interval.high - 1e-9);
            }
        }
    }
}
