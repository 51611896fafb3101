//! Holm's step-down: many questions asked at once, with one chance of a false answer for all of them.

/// The adjusted p values of a family, in its order: each may be compared with the level of the whole family.
///
/// Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|left, right| p[*left].total_cmp(&p[*right]));
    let mut adjusted = vec![1.0; p.len()];
    let mut highest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max(((p.len() - rank) as f64 * p[index]).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_worked_by_hand() {
        // statsmodels 0.14, multipletests(method='holm').
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (value, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((value - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn never_smaller_and_in_the_same_order(p in proptest::collection::vec(0.0..1.0_f64, 1..20)) {
            let adjusted = holm(&p);
            for (left, (p_left, a_left)) in p.iter().zip(&adjusted).enumerate() {
                prop_assert!(a_left >= p_left && *a_left <= 1.0);
                for (p_right, a_right) in p.iter().zip(&adjusted).skip(left) {
                    prop_assert!(p_left > p_right || a_left <= a_right);
                }
            }
        }
    }
}
