//! Pairs of figures, one of each round: how much larger the second is, and how sure that is.
//!
//! The unit of evidence is the round, never the request: values within a run resemble each other, and runs differ from
//! each other whatever is measured within them. Differences are taken of logarithms, so that they are ratios.

use super::distribution::{t_cdf, t_quantile};

/// Paired differences, at least two of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// How many pairs.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// The standard error of the mean.
    pub error: f64,
    /// The median of all means of two of them (Hodges and Lehmann, 1963): the same, robust against odd rounds.
    pub typical: f64,
}

impl Paired {
    /// Of these differences; `None` for fewer than two, or values that are no numbers.
    pub fn of(differences: &[f64]) -> Option<Self> {
        if differences.len() < 2 || differences.iter().any(|difference| !difference.is_finite()) {
            return None;
        }
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        Some(Self { count: differences.len(), mean, error, typical: hodges_lehmann(differences) })
    }

    /// The interval around the mean, from Student's t.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let margin = t_quantile(f64::midpoint(1.0, confidence), self.freedom()) * self.error;
        (self.mean - margin, self.mean + margin)
    }

    /// The probability of such differences, or larger ones, if the truth were at most `margin`.
    pub fn p_above(&self, margin: f64) -> f64 {
        1.0 - self.p_below(margin)
    }

    /// The probability of such differences, or smaller ones, if the truth were at least `margin`.
    pub fn p_below(&self, margin: f64) -> f64 {
        if self.error == 0.0 {
            // Rounds that agree to the last digit: the comparison is one of numbers.
            return if self.mean < margin {
                0.0
            } else if self.mean > margin {
                1.0
            } else {
                0.5
            };
        }
        t_cdf((self.mean - margin) / self.error, self.freedom())
    }

    fn freedom(&self) -> f64 {
        (self.count - 1) as f64
    }
}

/// The median of the means of all pairs of values, each with itself included; 0 without values.
pub(crate) fn hodges_lehmann(values: &[f64]) -> f64 {
    let mut means: Vec<f64> = Vec::with_capacity(values.len() * (values.len() + 1) / 2);
    for (position, left) in values.iter().enumerate() {
        means.extend(values[position..].iter().map(|right| f64::midpoint(*left, *right)));
    }
    means.sort_by(f64::total_cmp);
    match means.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => means[odd / 2],
        even => f64::midpoint(means[even / 2 - 1], means[even / 2]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEFORE: [f64; 6] = [101.0, 98.0, 105.0, 110.0, 99.0, 102.0];
    const AFTER: [f64; 6] = [108.0, 104.0, 112.0, 121.0, 103.0, 110.0];

    // scipy 1.17.1: ttest_1samp of log(after / before), against log(1.03), and its interval at 99 %.
    #[test]
    fn as_scipy_has_it() {
        let logs: Vec<f64> = BEFORE.iter().zip(AFTER).map(|(before, after)| (after / before).ln()).collect();
        let paired = Paired::of(&logs).unwrap();
        assert!((paired.mean - 0.066_899_920_383_141_37).abs() < 1e-12);
        assert!((paired.typical - 0.067_010_710_282_960_3).abs() < 1e-12);
        assert!((paired.p_above(1.03_f64.ln()) - 0.002_090_005_385_465_843_5).abs() < 1e-9);
        let (low, high) = paired.interval(0.99);
        assert!((low.exp() - 1.037_339_000_455_222).abs() < 1e-7);
        assert!((high.exp() - 1.102_015_812_974_469_5).abs() < 1e-7);
        assert!(Paired::of(&[1.0]).is_none() && Paired::of(&[1.0, f64::NAN]).is_none());
    }

    proptest! {
        #[test]
        fn moves_and_stretches_with_its_values(values in proptest::collection::vec(-5.0..5.0_f64, 2..20), by in -3.0..3.0_f64, factor in 0.1..4.0_f64) {
            let paired = Paired::of(&values).unwrap();
            let moved: Vec<f64> = values.iter().map(|value| value * factor + by).collect();
            let other = Paired::of(&moved).unwrap();
            prop_assert!((other.mean - (paired.mean * factor + by)).abs() < 1e-9);
            prop_assert!((other.typical - (paired.typical * factor + by)).abs() < 1e-9);
            prop_assert!((other.error - paired.error * factor).abs() < 1e-9);
            let (low, high) = paired.interval(0.99);
            prop_assert!(low <= paired.mean && paired.mean <= high);
        }
    }
}
