//! How late an iteration has started, which is part of the response time of its first request.

use std::cell::Cell;
use std::time::Duration;

/// How late an iteration of an open model has started, until its first request has it. In a closed model nothing is
/// late: a user comes when it is free.
#[derive(Debug, Default)]
pub struct LateStart(Cell<Option<Duration>>);

impl LateStart {
    /// Of an iteration that begins now; `None` in a closed model.
    pub fn new(late: Option<Duration>) -> Self {
        Self(Cell::new(late))
    }

    /// The next iteration begins.
    pub fn begin(&self, late: Option<Duration>) {
        self.0.set(late);
    }

    /// What a request has waited before it was sent, as far as its user feels it. Whichever asks first has the late
    /// start, whatever comes of it.
    #[inline]
    pub(super) fn before(&self, blocked: Duration) -> Duration {
        match self.0.get() {
            None => Duration::ZERO,
            Some(late) => {
                self.0.set(Some(Duration::ZERO));
                late + blocked
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_request_has_the_late_start_and_each_its_own_wait() {
        let late = LateStart::new(Some(5 * MS));
        assert_eq!(
            [late.before(MS), late.before(MS), late.before(Duration::ZERO)],
            [6 * MS, MS, Duration::ZERO]
        );
        late.begin(Some(2 * MS));
        assert_eq!(late.before(MS), 3 * MS);
        late.begin(None);
        assert_eq!(late.before(MS), Duration::ZERO, "a closed model waits for nobody");
    }
}
