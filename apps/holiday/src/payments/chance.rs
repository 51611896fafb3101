//! What simulated gateways leave to chance: how long a call takes, and whether it fails.

use std::{f64::consts::TAU, time::Duration};

/// Spread of the log-normal times: p95 is 1.9 times the median, p99 2.5 times.
const SIGMA: f64 = 0.4;
/// No call takes longer than this many medians.
const LONGEST_MEDIANS: f64 = 20.0;

/// A time around a median, with a long tail.
pub(super) fn log_normal(median: Duration) -> Duration {
    // Box and Muller's transform; 1 − u keeps the logarithm's argument above zero.
    let normal = (-2.0 * (1.0 - rand::random::<f64>()).ln()).sqrt() * (TAU * rand::random::<f64>()).cos();
    median.mul_f64((SIGMA * normal).exp().min(LONGEST_MEDIANS))
}

/// True in this share of the calls.
pub(super) fn happens(share: f64) -> bool {
    rand::random::<f64>() < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_times_are_longer_than_the_median() {
        let mut times: Vec<_> = (0..4_000).map(|_| log_normal(Duration::from_millis(250))).collect();
        times.sort();
        let (median, p95) = (times[2_000].as_secs_f64(), times[3_800].as_secs_f64());
        assert!((0.235..0.265).contains(&median), "{median}");
        assert!((0.43..0.53).contains(&p95), "{p95}");
    }
}
