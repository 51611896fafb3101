//! Users whose preparation does not come to an end.
//!
//! The limit of init code is kept by the script itself, but a native function that takes for ever never gets to it. So
//! the one who waits for the users looks whether there are more of them from time to time.

use std::time::Duration;

use tokio::time::Instant;

use crate::ending::Ending;
use crate::failure::Failure;

/// How much longer than its own limit a user may take, because it shares its thread with others.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches users being prepared.
#[derive(Debug)]
pub(crate) struct Initialising {
    /// How long the init code of one user may take.
    limit: Option<Duration>,
    /// How many there were last, and since when.
    seen: Option<(u64, Instant)>,
}

impl Initialising {
    /// For users whose init code has this limit.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, seen: None }
    }

    /// Why it is not to go on, when `done` of `total` users are there.
    pub(crate) fn refuses(&mut self, done: u64, total: u64, now: Instant) -> Option<Failure> {
        let limit = self.limit?;
        let since = match self.seen {
            Some((before, since)) if before == done => since,
            _ => self.seen.insert((done, now)).1,
        };
        (done < total && now - since > limit.saturating_add(PATIENCE)).then(|| {
            let limit = loadline_units::time_of(limit);
            let text = format!(
                "the init code of a virtual user did not end within {limit}; {done} of {total} users were ready\n\
                 hint: the variable `LOADLINE_INIT_TIMEOUT` allows more"
            );
            Failure::new(Ending::ScriptException, text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_users_that_do_not_get_ready_are_refused() {
        let start = Instant::now();
        let second = |second| start + Duration::from_secs(second);
        let mut watched = Initialising::new(Some(Duration::from_secs(5)));
        for (at, done, refused) in
            [(0, 0, false), (7, 0, false), (7, 1, false), (14, 1, false), (15, 1, true)]
        {
            assert_eq!(watched.refuses(done, 2, second(at)).is_some(), refused, "{done} at {at} s");
        }
        assert!(watched.refuses(2, 2, second(99)).is_none());
        assert!(watched.refuses(2, 2, second(999)).is_none(), "all are there");
        assert!(Initialising::new(None).refuses(0, 2, second(999)).is_none());
    }
}
