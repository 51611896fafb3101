//! Whether the origin can be reached, by what happened to those who tried.
//!
//! Policy: three connections in a row that cannot be made trip it. For a second then nobody tries, and everybody gets
//! at once what they would have got after waiting: what is stored, or an error. After that second one request tries;
//! if it fails too, the next one has to wait for a second again, otherwise all is as before. It starts cold as
//! healthy. An origin that is reached and answers slowly or with errors is not down: other paths may be well.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row.
const FAILURES: u32 = 3;
/// Between one that tries and the next.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// What is known of the origin.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// When somebody may try again; only while it is down.
    next_try: Option<Instant>,
}

impl Health {
    /// Whether to try.
    pub(crate) fn may_try(&self, now: Instant) -> bool {
        let mut state = self.state();
        match state.next_try {
            None => true,
            Some(next) if now < next => false,
            Some(_) => {
                // Whoever asks next waits for this one.
                state.next_try = Some(now + BETWEEN_TRIES);
                true
            }
        }
    }

    /// A connection was there, whatever came of it.
    pub(crate) fn reached(&self) {
        *self.state() = State::default();
    }

    /// No connection could be made.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.next_try = Some(now + BETWEEN_TRIES);
        }
    }

    /// Whether it is thought to be down.
    pub(crate) fn is_down(&self) -> bool {
        self.state().next_try.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_let_one_in_a_second_try() {
        let (health, start) = (Health::default(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        health.failed(at(0));
        health.failed(at(0));
        health.reached();
        health.failed(at(0));
        health.failed(at(0));
        assert!(health.may_try(at(0)) && !health.is_down());
        health.failed(at(0));
        assert!(health.is_down() && !health.may_try(at(999)));
        assert!(health.may_try(at(1000)), "one tries");
        assert!(!health.may_try(at(1001)), "and the next one waits");
        health.failed(at(1500));
        assert!(!health.may_try(at(2400)));
        assert!(health.may_try(at(2500)));
        health.reached();
        assert!(health.may_try(at(2500)) && health.may_try(at(2500)) && !health.is_down());
    }
}
