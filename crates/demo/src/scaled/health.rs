//! Whether a replica is ready, from answer to answer: pure, so that it can be tried with any of them.
//!
//! As a kubelet takes it: one good answer makes a replica ready, and only several bad ones in a row take that back, so
//! that a machine that is busy for a moment loses nobody.

use std::time::Duration;

/// So many bad answers in a row, or none at all, and a replica is not ready any more.
const BAD: u32 = 5;
/// How often a replica is asked before it is ready, and then.
const BEFORE: Duration = Duration::from_millis(50);
const AFTER: Duration = Duration::from_secs(1);

/// What is known of a replica's readiness.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Health {
    ready: bool,
    bad: u32,
}

impl Health {
    /// Takes note of an answer. Whether it is ready from now on, where that is new.
    pub(crate) fn note(&mut self, good: bool) -> Option<bool> {
        self.bad = if good { 0 } else { self.bad.saturating_add(1) };
        let changes = if self.ready { self.bad >= BAD } else { good };
        self.ready ^= changes;
        changes.then_some(self.ready)
    }

    /// How long to wait before it is asked again.
    pub(crate) fn wait(self) -> Duration {
        if self.ready { AFTER } else { BEFORE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_good_answer_makes_ready_and_five_bad_ones_in_a_row_end_it() {
        let mut health = Health::default();
        let mut told = |answers: &str| -> Vec<bool> {
            answers.chars().filter_map(|answer| health.note(answer == '+')).collect()
        };
        assert!(told("---").is_empty());
        assert_eq!(told("+"), [true]);
        assert!(told("+----+----").is_empty(), "four bad ones are not enough, however often");
        assert_eq!(told("-"), [false]);
        assert!(told("------").is_empty(), "said once");
        assert_eq!(told("+-----+"), [true, false, true]);
    }
}
