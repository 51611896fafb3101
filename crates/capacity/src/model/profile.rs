//! How far a parameter may be from its best value: the profile of the sum of squares.
//!
//! A value belongs to the interval when the best fit with just that value is not worse than chance makes it, whatever
//! the other parameters have to be then (Bates and Watts, Nonlinear Regression Analysis, 1988, chapter 6). Unlike a
//! standard error it knows bounds, and says so where the data tell nothing on one side.

use loadline_verdict::Interval;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// How often intervals hold the truth.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The largest sum of squares that is still within chance, of this many points and parameters; none where no point is
/// left to tell chance by.
pub(super) fn limit(squares: f64, points: usize, parameters: usize) -> Option<f64> {
    let freedom = points.checked_sub(parameters).filter(|left| *left > 0)? as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
    Some(squares * (1.0 + t * t / freedom))
}

/// Where the profile stays below the limit, around the best value and between two bounds, which may be infinite.
/// `scale` is how far to look first.
pub(super) fn interval(
    best: f64,
    (low, high): (f64, f64),
    scale: f64,
    limit: f64,
    profile: impl Fn(f64) -> f64,
) -> Interval {
    let end = |direction: f64, bound: f64| {
        let within = |value: f64| profile(value) <= limit;
        let at = |distance: f64| {
            let value = best + direction * distance;
            if direction > 0.0 { value.min(bound) } else { value.max(bound) }
        };
        let (mut inside, mut outside) = (0.0, scale.max(f64::MIN_POSITIVE));
        for _ in 0..200 {
            if !within(at(outside)) {
                break;
            }
            if at(outside) == bound || !at(outside).is_finite() {
                return bound;
            }
            if outside > scale * 1e9 {
                return direction * f64::INFINITY;
            }
            (inside, outside) = (outside, outside * 2.0);
        }
        for _ in 0..60 {
            let middle = f64::midpoint(inside, outside);
            if within(at(middle)) { inside = middle } else { outside = middle }
        }
        at(inside)
    };
    Interval { low: end(-1.0, low), high: end(1.0, high), confidence: CONFIDENCE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_gives_the_interval_of_students_t() {
        // Ten points, one parameter: the mean of values whose squares around it are 9.
        let limit = limit(9.0, 10, 1).unwrap();
        let found = interval(5.0, (f64::NEG_INFINITY, f64::INFINITY), 1.0, limit, |mean| {
            9.0 + 10.0 * (mean - 5.0).powi(2)
        });
        let margin = 2.262_157_162_740_992 * (1.0_f64 / 10.0).sqrt();
        assert!(
            (found.high - 5.0 - margin).abs() < 1e-6 && (5.0 - found.low - margin).abs() < 1e-6,
            "{found:?}"
        );
    }

    #[test]
    fn a_side_that_the_data_leave_open_ends_at_its_bound_or_nowhere() {
        let flat = |_: f64| 1.0;
        let found = interval(1.0, (0.0, f64::INFINITY), 1.0, 2.0, flat);
        assert_eq!((found.low, found.high), (0.0, f64::INFINITY));
        assert_eq!(limit(1.0, 3, 3), None);
    }
}
