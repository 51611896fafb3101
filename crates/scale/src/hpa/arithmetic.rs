//! Numbers as the autoscaler computes them: 64-bit integers that wrap, doubles, and counts of 32 bits.
//!
//! What does not fit in a count is where releases differ. Go leaves such conversions to the machine; clusters run on
//! amd64, where the smallest number comes out, so a service in extreme need was scaled down to its minimum.

/// The next whole number above a value, as a number of replicas.
///
/// `capped`: whether a value beyond 32 bits becomes the nearest count, or amd64's smallest. What is no number counts
/// as 0 in the first case.
pub(super) fn count(value: f64, capped: bool) -> i32 {
    truncated(value.ceil(), capped)
}

/// The same, toward zero.
pub(super) fn truncated(value: f64, capped: bool) -> i32 {
    let fits = value > f64::from(i32::MIN) - 1.0 && value < f64::from(i32::MAX) + 1.0;
    if capped || fits { value as i32 } else { i32::MIN }
}

/// The next whole number above a value, in 64 bits; amd64's smallest where it does not fit.
pub(super) fn whole(value: f64) -> i64 {
    let value = value.ceil();
    if value >= -(2.0_f64.powi(63)) && value < 2.0_f64.powi(63) { value as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_end_where_releases_end_them() {
        for (value, capped, wrapped) in [
            (1.000_000_1, 2, 2),
            (-0.5, 0, 0),
            (2_147_483_646.5, i32::MAX, i32::MAX),
            (2_147_483_647.5, i32::MAX, i32::MIN),
            (-1e12, i32::MIN, i32::MIN),
            (f64::INFINITY, i32::MAX, i32::MIN),
            (f64::NAN, 0, i32::MIN),
        ] {
            assert_eq!((count(value, true), count(value, false)), (capped, wrapped), "{value}");
        }
        assert_eq!((whole(1.5), whole(f64::NAN), whole(1e19)), (2, i64::MIN, i64::MIN));
    }
}
