//! The option `rps`: the requests of all users of this process, evenly spaced.
//!
//! A request takes the next free place on the clock and waits for it, so whoever comes first goes first. Places that
//! nobody took are gone: after a pause requests do not come in a burst. The wait is no part of a request's timings.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The clock that requests wait for.
#[derive(Debug)]
pub struct RequestPace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl RequestPace {
    /// So many requests per second; `None` for 0, which means no limit.
    pub fn per_second(requests: u64) -> Option<RequestPace> {
        let interval = Duration::from_secs(1).checked_div(u32::try_from(requests).unwrap_or(u32::MAX))?;
        Some(RequestPace { interval, next: Mutex::new(None) })
    }

    /// Returns when it is the caller's turn.
    pub(super) async fn turn(&self) {
        sleep_until(self.take(Instant::now())).await;
    }

    fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.interval);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_evenly_spaced_and_a_pause_is_not_made_up_for() {
        let pace = RequestPace::per_second(10).unwrap();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let turns = [0, 0, 10, 250, 1_000, 1_000].map(|now| pace.take(at(now)) - start);
        assert_eq!(turns.map(|turn| turn.as_millis()), [0, 100, 200, 300, 1_000, 1_100]);
        assert!(RequestPace::per_second(0).is_none());
    }
}
