//! The error of estimated quantiles against exact ones.

use loadline_measure::{RELATIVE_ERROR, Trend, interpolate, rank};
use proptest::prelude::*;

fn check(values: Vec<f64>) -> Result<(), TestCaseError> {
    let trend = Trend::of(&values, &[]);
    let mut sorted = values;
    sorted.sort_by(f64::total_cmp);
    for q in [0.0, 0.001, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
        let (low, fraction) = rank(q, sorted.len() as u64);
        let high = (low as usize + 1).min(sorted.len() - 1);
        let (low, high) = (sorted[low as usize], sorted[high]);
        let exact = interpolate(low, high, fraction);
        let estimate = trend.quantile(q).unwrap();
        // Neighbours on both sides of zero may cancel: the error is relative to the larger of them.
        let bound = low.abs().max(high.abs()) * RELATIVE_ERROR * (1.0 + 1e-9);
        prop_assert!((estimate - exact).abs() <= bound, "q {}: {} is not {}", q, estimate, exact);
        if trend.is_exact() {
            prop_assert_eq!(estimate, exact);
        }
    }
    Ok(())
}

/// Two uniform numbers as a standard normal one (Box and Muller 1958).
fn normal() -> impl Strategy<Value = f64> {
    (1e-12..1.0f64, 0.0..1.0f64)
        .prop_map(|(u, v)| (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn log_normal(values in prop::collection::vec(normal().prop_map(|z| (4.0 + z).exp()), 1..4000)) {
        check(values)?;
    }

    #[test]
    fn bimodal(values in prop::collection::vec(
        prop_oneof![9 => normal().prop_map(|z| 2.0 + z * 0.1), 1 => normal().prop_map(|z| 900.0 + z * 30.0)],
        1..4000,
    )) {
        check(values)?;
    }

    #[test]
    fn constant(value in prop_oneof![Just(0.0), -1e9..1e9f64, 1e-9..1e-3f64], count in 1..3000usize) {
        check(vec![value; count])?;
        prop_assert_eq!(Trend::of(&vec![value; count], &[]).quantile(0.95), Some(value));
    }

    #[test]
    fn of_either_sign(values in prop::collection::vec(normal().prop_map(|z| z * 50.0), 1001..3000)) {
        check(values)?;
    }
}
