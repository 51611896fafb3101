//! The limits of a share whose values have something in common.
//!
//! Each value is thought of as normal, the sum of a level that all values of a run have in common and of its own part,
//! and as bad when it lies beyond a limit. A level then moves the probit of the share by as much as itself, whatever
//! the share is (Vasicek, The distribution of loan portfolio value, 2002).

use crate::stats::{beta_quantile, normal_cdf, normal_quantile, tail_correlation};

/// No more than this is common to values: what comes next to it is one value.
const MOST: f64 = 0.95;

/// What chance does to a share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    pub(super) bad: f64,
    /// Above 0.
    pub(super) total: f64,
    /// How much of the variance of a value the level of the whole run has, from 0 to below 1.
    pub(super) likeness: f64,
}

impl Chance {
    pub(super) fn share(&self) -> f64 {
        self.bad / self.total
    }

    /// A share that would come out as high as this one, or higher, with a probability of `tail`.
    pub(super) fn low(&self, tail: f64) -> f64 {
        if self.bad <= 0.0 {
            return 0.0;
        }
        let own = |p: f64| beta_quantile(p, self.bad, self.total - self.bad + 1.0);
        self.end(own(0.5), own(tail), -normal_quantile(1.0 - tail)).min(self.share())
    }

    /// A share that would come out as low as this one, or lower, with a probability of `tail`.
    pub(super) fn high(&self, tail: f64) -> f64 {
        if self.bad >= self.total {
            return 1.0;
        }
        let own = |p: f64| beta_quantile(p, self.bad + 1.0, self.total - self.bad);
        self.end(own(0.5), own(1.0 - tail), normal_quantile(1.0 - tail)).max(self.share())
    }

    /// The end of an interval: the distances by the values and by the level add up as squares.
    ///
    /// A level makes the share of all runs larger than that of a usual one, and the more so the more it moves. How much
    /// it does is taken at its most careful, which here may be on either side: so an end is never nearer than without.
    fn end(&self, middle: f64, by_values: f64, by_level: f64) -> f64 {
        let own = (1.0 - self.likeness).sqrt();
        let usual = normal_quantile(middle);
        let distance = ((normal_quantile(by_values) - usual) * own).hypot(by_level * self.likeness.sqrt());
        let of_all = usual * own;
        let middle = if by_level < 0.0 { of_all.min(usual) } else { of_all.max(usual) };
        normal_cdf(middle + distance.copysign(by_level))
    }

    /// So many times as many values, with another share and something else in common.
    pub(super) fn longer(&self, times: f64, share: f64, likeness: f64) -> Self {
        let total = self.total * times;
        Self { bad: share * total, total, likeness }
    }

    /// How many values count for one; at least 1.
    pub(super) fn design_effect(&self) -> f64 {
        1.0 + (self.total - 1.0).max(0.0) * tail_correlation(seen(self.bad, self.total), self.likeness)
    }
}

/// A share that is neither 0 nor 1.
pub(super) fn seen(bad: f64, total: f64) -> f64 {
    (bad + 0.5) / (total + 1.0)
}

/// How much of the variance is common to values of which a share of `beyond` is bad, when their being bad is correlated
/// by so much.
pub(super) fn likeness(beyond: f64, correlation: f64) -> f64 {
    if correlation <= 0.0 {
        return 0.0;
    }
    // The correlation grows with the likeness, faster and faster: the line between two points lies above it, so that
    // mostly the lower one is moved; halving now and then keeps that from taking long.
    let off = |likeness: f64| tail_correlation(beyond, likeness) - correlation;
    let (mut low, mut high) = ((0.0, -correlation), (MOST, off(MOST)));
    if high.1 <= 0.0 {
        return MOST;
    }
    for step in 0..40 {
        let by_line = low.0 + (high.0 - low.0) * low.1 / (low.1 - high.1);
        let next = if step % 3 == 2 { f64::midpoint(low.0, high.0) } else { by_line };
        let found = off(next);
        if found.abs() <= 1e-6 * correlation {
            return next;
        }
        if found < 0.0 {
            low = (next, found);
        } else {
            high = (next, found);
        }
    }
    high.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // scipy 1.17.1: binomtest(0, 20).proportion_ci(.99)
    #[test]
    fn independent_values_have_the_exact_interval() {
        let none = Chance { bad: 0.0, total: 20.0, likeness: 0.0 };
        assert_eq!(none.low(0.005), 0.0);
        assert!((none.high(0.005) - 0.232_729_500_988_589_36).abs() < 1e-9, "{}", none.high(0.005));
        assert_eq!(Chance { bad: 7.0, total: 7.0, likeness: 0.0 }.high(0.005), 1.0);
        assert_eq!(none.design_effect(), 1.0);
    }

    // Vasicek's distribution: with so many values that only the level is chance, the share has this quantile.
    #[test]
    fn values_without_number_have_the_interval_of_their_level() {
        let (total, likeness) = (1e12, 0.1_f64);
        let truth = 0.05;
        let level = normal_quantile(0.005) * likeness.sqrt();
        let lucky = normal_cdf((normal_quantile(truth) + level) / (1.0 - likeness).sqrt());
        let chance = Chance { bad: lucky * total, total, likeness };
        assert!((chance.high(0.005) - truth).abs() < 1e-5, "{}", chance.high(0.005));
    }

    proptest! {
        #[test]
        fn holds_its_share_and_widens(bad in 0_u32..500, more in 0_u32..500, likeness in 0.0..0.9_f64, tail in 0.01..0.4_f64) {
            prop_assume!(bad + more > 0);
            let chance = Chance { bad: f64::from(bad), total: f64::from(bad + more), likeness };
            let (low, high) = (chance.low(tail), chance.high(tail));
            prop_assert!(0.0 <= low && low <= chance.share() && chance.share() <= high && high <= 1.0);
            prop_assert!(chance.low(tail / 2.0) <= low + 1e-9 && chance.high(tail / 2.0) >= high - 1e-9);
            let alike = Chance { likeness: likeness + 0.05, ..chance };
            // More in common never makes surer, on neither side.
            prop_assert!(alike.low(tail) <= low + 1e-9 && alike.high(tail) >= high - 1e-9, "{chance:?}");
            prop_assert!(alike.design_effect() >= chance.design_effect());
        }

        #[test]
        fn likeness_gives_its_correlation(beyond in 0.001..0.5_f64, of in 0.001..0.9_f64) {
            let correlation = tail_correlation(beyond, of);
            prop_assert!((likeness(beyond, correlation) - of).abs() < 1e-5);
        }
    }
}
