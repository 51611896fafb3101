//! When a call is tried again, and how long that waits.
//!
//! Again: no answer (the connection broke or took too long), 409 (another call with the same key is running), 429, and 5xx; every call
//! carries an idempotency key or changes nothing, so doing it twice is doing it once. `Stripe-Should-Retry` overrules. Not again: any
//! other answer, one that is kept under the call's key and would be the same again (`Idempotent-Replayed`), and what would not be ready
//! within the call's budget.
//!
//! The wait is random between half of a doubling ceiling and all of it, so that calls which failed together do not come back together;
//! `Retry-After` is a lower bound.
//!
//! Source: <https://docs.stripe.com/error-low-level>, <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>.

use std::time::Duration;

/// How often a call is sent, the first time included.
pub(super) const MOST_ATTEMPTS: u32 = 5;
const FIRST_CEILING: Duration = Duration::from_millis(200);
const LAST_CEILING: Duration = Duration::from_secs(2);

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// `None` when no answer came.
    pub(super) status: Option<u16>,
    /// Whether it is the answer of an earlier attempt, kept under the key.
    pub(super) replayed: bool,
    /// What `Stripe-Should-Retry` says.
    pub(super) should_retry: Option<bool>,
    /// What `Retry-After` says.
    pub(super) retry_after: Option<Duration>,
}

/// How long to wait before the next attempt; `None` when there should be none.
///
/// `made` attempts were made; `random` is uniform in 0 to 1; `left` of the call's budget is left.
pub(super) fn wait(attempt: Attempt, made: u32, random: f64, left: Duration) -> Option<Duration> {
    let again = attempt.should_retry.unwrap_or(match attempt.status {
        None | Some(409 | 429) => true,
        Some(status) => status >= 500,
    });
    if !again || attempt.replayed || made >= MOST_ATTEMPTS {
        return None;
    }
    let ceiling = FIRST_CEILING.saturating_mul(1 << made.saturating_sub(1).min(16)).min(LAST_CEILING);
    let wait = ceiling.mul_f64(0.5 + random / 2.0).max(attempt.retry_after.unwrap_or_default());
    (wait < left).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLENTY: Duration = Duration::from_mins(1);

    fn status(status: u16) -> Attempt {
        Attempt { status: Some(status), replayed: false, should_retry: None, retry_after: None }
    }

    #[test]
    fn what_is_tried_again() {
        for (answer, again) in [(200, false), (400, false), (402, false), (404, false), (409, true)] {
            assert_eq!(wait(status(answer), 1, 0.0, PLENTY).is_some(), again, "{answer}");
        }
        for answer in [429, 500, 502, 503, 504] {
            assert!(wait(status(answer), 1, 0.0, PLENTY).is_some(), "{answer}");
        }
        let broken = Attempt { status: None, replayed: false, should_retry: None, retry_after: None };
        assert!(wait(broken, 1, 0.0, PLENTY).is_some());
        assert!(wait(Attempt { should_retry: Some(false), ..status(500) }, 1, 0.0, PLENTY).is_none());
        assert!(wait(Attempt { should_retry: Some(true), ..status(400) }, 1, 0.0, PLENTY).is_some());
        assert!(
            wait(Attempt { replayed: true, ..status(500) }, 1, 0.0, PLENTY).is_none(),
            "it would be the same"
        );
        assert!(wait(status(500), MOST_ATTEMPTS, 0.0, PLENTY).is_none());
    }

    #[test]
    fn how_long_it_waits() {
        for (made, random, expected_ms) in
            [(1, 0.0, 100), (1, 1.0, 200), (2, 0.0, 200), (3, 0.5, 600), (4, 1.0, 1_600)]
        {
            let waits = wait(status(500), made, random, PLENTY).unwrap();
            assert_eq!(waits.as_millis(), expected_ms, "{made} {random}");
        }
        let patient = Attempt { retry_after: Some(Duration::from_secs(3)), ..status(429) };
        assert_eq!(wait(patient, 1, 0.5, PLENTY), Some(Duration::from_secs(3)));
        assert_eq!(wait(patient, 1, 0.5, Duration::from_secs(2)), None, "not within the budget");
    }

    proptest! {
        #[test]
        fn a_wait_is_within_the_budget(made in 0..40_u32, random in 0.0..1.0_f64, left_ms in 0..5_000_u64) {
            let left = Duration::from_millis(left_ms);
            if let Some(waits) = wait(status(503), made, random, left) {
                prop_assert!(waits < left && waits <= LAST_CEILING && made < MOST_ATTEMPTS);
            }
        }
    }
}
