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

    /// How late a request is, before it waits for a connection, which its user feels as well; `None` in a closed model,
    /// where nobody waits before there is one. Whichever asks first has the late start, whatever comes of it.
    #[inline]
    pub(super) fn take(&self) -> Option<Duration> {
        let late = self.0.get()?;
        self.0.set(Some(Duration::ZERO));
        Some(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_request_has_the_late_start() {
        let late = LateStart::new(Some(5 * MS));
        assert_eq!([late.take(), late.take()], [Some(5 * MS), Some(Duration::ZERO)]);
        late.begin(Some(2 * MS));
        assert_eq!(late.take(), Some(2 * MS));
        late.begin(None);
        assert_eq!(late.take(), None, "a closed model waits for nobody");
    }
}
