//! Quantiles of few values.

use statrs::function::beta::beta_reg;

/// The quantile `q`, from 0 to 1, of ascending values, as a mean of all of them weighted by how likely each is to be
/// it: less noisy than the one value at that rank when there are few. `None` without values.
///
/// Source: Harrell and Davis, A new distribution-free quantile estimator, Biometrika 1982.
pub fn harrell_davis(ascending: &[f64], q: f64) -> Option<f64> {
    let count = ascending.len() as f64;
    let (first, last) = (ascending.first()?, ascending.last()?);
    if q <= 0.0 {
        return Some(*first);
    }
    if q >= 1.0 {
        return Some(*last);
    }
    let (a, b) = ((count + 1.0) * q, (count + 1.0) * (1.0 - q));
    let below = |rank: usize| beta_reg(a, b, rank as f64 / count);
    let weighted = ascending.iter().enumerate().map(|(rank, value)| value * (below(rank + 1) - below(rank)));
    Some(weighted.sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // scipy 1.17.1: mstats.hdquantiles([3.1, 1.2, 5.9, 2.2, 8.4, 4.4, 7.7], [.5, .9, .25])
    #[test]
    fn as_scipy_has_it() {
        let values = [1.2, 2.2, 3.1, 4.4, 5.9, 7.7, 8.4];
        for (q, expected) in
            [(0.5, 4.563_781_247_609_414), (0.9, 8.091_550_538_100_535), (0.25, 2.468_939_812_493_094)]
        {
            let value = harrell_davis(&values, q).unwrap();
            assert!((value - expected).abs() < 1e-9, "{q}: {value}");
        }
        assert_eq!(harrell_davis(&[], 0.5), None);
        assert_eq!(harrell_davis(&values, 1.0), Some(8.4));
    }

    proptest! {
        #[test]
        fn lies_among_the_values_and_grows(mut values in proptest::collection::vec(0.1..1e4_f64, 1..60), q in 0.01..0.99_f64) {
            values.sort_by(f64::total_cmp);
            let value = harrell_davis(&values, q).unwrap();
            prop_assert!(value >= values[0] * (1.0 - 1e-9) && value <= values[values.len() - 1] * (1.0 + 1e-9));
            prop_assert!(harrell_davis(&values, (q + 0.005).min(1.0)).unwrap() >= value - 1e-6 * value);
        }
    }
}
