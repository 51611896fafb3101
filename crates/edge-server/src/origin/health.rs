//! Whether the origin can be reached, by what happened to those who tried.
//!
//! Policy: three connections in a row that cannot be made trip it, and so do five requests in a row to which nothing
//! came that is an answer: it hung, ended the connection, or does not speak HTTP. Any answer begins the count anew,
//! whatever its status: an origin that answers slowly or with errors is not down, and other paths may be well.
//!
//! While it is down nobody tries, and everybody gets at once what they would have got after waiting: what is stored, or
//! an error. After a quarter of a second one request tries, and no other one until that has ended. If it fails too, the
//! next has to wait for twice as long as the one before, up to four seconds; if it is answered, all is as before. One
//! that is given up, because its client has gone, says nothing, and the next one may try at once. It starts cold as
//! healthy.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many connections in a row that cannot be made.
const UNREACHABLE: u32 = 3;
/// So many requests in a row without an answer.
const SILENT: u32 = 5;
/// Before the first that tries.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Between one that tries and the next, at the most.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What is known of the origin.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    standing: Standing,
    trips: u64,
    tries: u64,
}

#[derive(Debug)]
enum Standing {
    /// With how many failures in a row, of either kind.
    Up {
        unreachable: u32,
        silent: u32,
    },
    Down {
        next_try: Instant,
        wait: Duration,
        is_tried: bool,
    },
}

impl Default for Standing {
    fn default() -> Self {
        Self::Up { unreachable: 0, silent: 0 }
    }
}

/// What has been counted of an origin's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HealthCounts {
    /// Whether it is thought to be down.
    pub(crate) is_down: bool,
    /// How often it was found to be.
    pub(crate) trips: u64,
    /// How many requests tried whether it still is.
    pub(crate) tries: u64,
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// No connection could be made.
    Unreachable,
    /// There was one, and nothing came that is an answer.
    Silent,
}

/// A request that is on its way to the origin. Dropped without a word it says nothing of the origin.
#[derive(Debug)]
pub(crate) struct Attempt {
    health: Arc<Health>,
    is_try: bool,
}

impl Health {
    /// Leave to send a request; none while the origin is down and another one tries, or nobody may yet.
    pub(crate) fn attempt(self: &Arc<Self>, now: Instant) -> Option<Attempt> {
        let mut state = self.state();
        let is_try = match &mut state.standing {
            Standing::Up { .. } => false,
            Standing::Down { next_try, is_tried, .. } if !*is_tried && *next_try <= now => {
                *is_tried = true;
                true
            }
            Standing::Down { .. } => return None,
        };
        state.tries += u64::from(is_try);
        drop(state);
        Some(Attempt { health: Arc::clone(self), is_try })
    }

    pub(crate) fn counts(&self) -> HealthCounts {
        let state = self.state();
        let is_down = matches!(state.standing, Standing::Down { .. });
        HealthCounts { is_down, trips: state.trips, tries: state.tries }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// An answer has begun.
    pub(crate) fn answered(self) {
        let mut state = self.health.state();
        if matches!(state.standing, Standing::Down { .. }) {
            tracing::info!("the origin answers again");
        }
        state.standing = Standing::default();
    }

    /// None has.
    pub(crate) fn failed(mut self, blame: Blame, now: Instant) {
        let mut state = self.health.state();
        let State { standing, trips, .. } = &mut *state;
        match standing {
            Standing::Up { unreachable, silent } => {
                match blame {
                    Blame::Unreachable => *unreachable += 1,
                    Blame::Silent => *silent += 1,
                }
                if *unreachable >= UNREACHABLE || *silent >= SILENT {
                    *trips += 1;
                    *standing =
                        Standing::Down { next_try: now + FIRST_WAIT, wait: FIRST_WAIT, is_tried: false };
                    tracing::warn!("the origin gives no answers, and is only tried now and then");
                }
            }
            // Those that were on their way already tell nothing new.
            Standing::Down { next_try, wait, is_tried } if self.is_try => {
                *wait = (*wait * 2).min(LONGEST_WAIT);
                *next_try = now + *wait;
                *is_tried = false;
            }
            Standing::Down { .. } => {}
        }
        drop(state);
        self.is_try = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.is_try
            && let Standing::Down { is_tried, .. } = &mut self.health.state().standing
        {
            *is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Timeline(Arc<Health>, Instant);

    impl Timeline {
        fn new() -> Self {
            Self(Arc::default(), Instant::now())
        }

        fn at(&self, milliseconds: u64) -> Instant {
            self.1 + Duration::from_millis(milliseconds)
        }

        fn try_at(&self, milliseconds: u64) -> Option<Attempt> {
            self.0.attempt(self.at(milliseconds))
        }

        fn fails(&self, milliseconds: u64, blame: Blame) {
            self.try_at(milliseconds).unwrap().failed(blame, self.at(milliseconds));
        }

        fn is_down(&self) -> bool {
            self.0.counts().is_down
        }
    }

    #[test]
    fn failures_in_a_row_trip_it_and_an_answer_begins_anew() {
        for (blame, most) in [(Blame::Unreachable, UNREACHABLE), (Blame::Silent, SILENT)] {
            let line = Timeline::new();
            for _ in 1..most {
                line.fails(0, blame);
            }
            line.try_at(0).unwrap().answered();
            for _ in 1..most {
                line.fails(0, blame);
            }
            assert!(!line.is_down(), "{blame:?}");
            line.fails(0, blame);
            assert!(line.is_down() && line.try_at(249).is_none(), "{blame:?}");
        }
    }

    #[test]
    fn one_tries_at_a_time_and_ever_more_seldom() {
        let line = Timeline::new();
        let late = line.try_at(0).unwrap();
        for _ in 0..UNREACHABLE {
            line.fails(0, Blame::Unreachable);
        }
        // What was on its way changes nothing.
        late.failed(Blame::Silent, line.at(200));
        let mut now = 250;
        for wait in [500, 1000, 2000, 4000, 4000, 4000] {
            assert!(line.try_at(now - 1).is_none(), "{now}");
            let one = line.try_at(now).unwrap();
            assert!(line.try_at(now + 60_000).is_none(), "another while that one tries");
            one.failed(Blame::Silent, line.at(now));
            now += wait;
        }
        // One that is given up leaves it to the next.
        drop(line.try_at(now).unwrap());
        line.try_at(now).unwrap().answered();
        assert!(line.try_at(now).is_some() && line.try_at(now).is_some());
        assert_eq!(line.0.counts(), HealthCounts { is_down: false, trips: 1, tries: 8 });
    }

    #[test]
    fn an_answer_to_what_was_on_its_way_is_as_good_as_one_that_tries() {
        let line = Timeline::new();
        let slow = line.try_at(0).unwrap();
        for _ in 0..SILENT {
            line.fails(0, Blame::Silent);
        }
        slow.answered();
        assert!(!line.is_down());
    }
}
