//! How much faster the policy's time goes by than the clock's.

use std::time::Duration;

/// The highest factor: a sync every quarter of a second.
const FASTEST: f64 = 60.0;

/// So many seconds of the policy in each second of the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

/// A factor that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "time goes by {0} times as fast: it is 1 to {FASTEST}, as replicas take as long to start as they take, and metrics are \
     read every quarter of a second at the fastest"
)]
pub struct FastError(f64);

impl Pace {
    /// With a factor.
    ///
    /// # Errors
    /// Where it is below 1 or above 60.
    pub fn new(factor: f64) -> Result<Self, FastError> {
        if (1.0..=FASTEST).contains(&factor) { Ok(Self(factor)) } else { Err(FastError(factor)) }
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        self.0
    }

    /// So much of the policy's time, in seconds, is so long by the clock.
    pub fn by_clock(self, policy_s: f64) -> Duration {
        Duration::from_secs_f64((policy_s / self.0).max(0.0))
    }

    /// So long by the clock is so much of the policy's time, in seconds.
    pub fn policy_s(self, by_clock: Duration) -> f64 {
        by_clock.as_secs_f64() * self.0
    }

    /// The same in milliseconds, as autoscalers count.
    pub fn policy_ms(self, by_clock: Duration) -> i64 {
        (self.policy_s(by_clock) * 1000.0).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let pace = Pace::new(20.0).unwrap();
        assert_eq!(pace.by_clock(15.0), Duration::from_millis(750));
        assert_eq!(pace.policy_ms(Duration::from_millis(750)), 15_000);
        for wrong in [0.0, 0.5, 61.0, f64::NAN, f64::INFINITY, -1.0] {
            assert!(Pace::new(wrong).unwrap_err().to_string().contains("1 to 60"));
        }
    }
}
