//! Who keeps a worker's event loop from turning: the virtual user whose iteration is being polled.
//!
//! An iteration that never yields holds its whole thread, and with it all the users of that thread. Nobody on that
//! thread can say so; therefore the worker notes whom it turns to, and the hub looks.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use loadline_units as units;

/// The user that a worker is busy with. One per worker, on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Busy {
    /// The user's number on this machine; 0 for nobody.
    vu: AtomicU64,
    scenario: AtomicUsize,
}

impl Busy {
    /// The worker turns to this user.
    pub(super) fn turn_to(&self, scenario: usize, vu: u64) {
        self.scenario.store(scenario, Ordering::Relaxed);
        self.vu.store(vu, Ordering::Relaxed);
    }

    /// The user has yielded.
    pub(super) fn leave(&self) {
        self.vu.store(0, Ordering::Relaxed);
    }

    /// The user's number and its scenario's position, if the worker is with somebody.
    pub(super) fn with(&self) -> Option<(usize, u64)> {
        let vu = self.vu.load(Ordering::Relaxed);
        (vu != 0).then(|| (self.scenario.load(Ordering::Relaxed), vu))
    }
}

/// A worker whose event loop does not turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The worker's number, from 0.
    pub worker: usize,
    /// The scenario's name and the number of the virtual user whose iteration does not yield; `None` when the worker is
    /// busy with something else.
    pub user: Option<(String, u64)>,
    /// For how long.
    pub silent: Duration,
}

/// Such as ``VU 3 of scenario `a` has not yielded for 2.1s``.
impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let silent = units::time_of(self.silent);
        match &self.user {
            Some((scenario, vu)) => {
                write!(f, "VU {vu} of scenario `{scenario}` has not yielded for {silent}")
            }
            None => write!(f, "worker {} has not answered for {silent}", self.worker),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_that_a_worker_is_with() {
        let busy = Busy::default();
        assert_eq!(busy.with(), None);
        busy.turn_to(1, 7);
        assert_eq!(busy.with(), Some((1, 7)));
        busy.leave();
        assert_eq!(busy.with(), None);
    }

    #[test]
    fn words() {
        let mut stuck =
            Stuck { worker: 1, user: Some(("search".to_owned(), 7)), silent: Duration::from_millis(2140) };
        assert_eq!(stuck.to_string(), "VU 7 of scenario `search` has not yielded for 2.14s");
        stuck.user = None;
        assert_eq!(stuck.to_string(), "worker 1 has not answered for 2.14s");
    }
}
