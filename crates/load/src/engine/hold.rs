//! The time of a run, which stands still while the run is paused.
//!
//! Plans, stages and schedules count in it: while a run is paused nothing of them comes due, and afterwards everything
//! is as far away as it was. So time paused is neither lateness nor a part of a duration or of a `maxDuration`. What is
//! measured stays on the clock on the wall.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long a run has been paused, and whether it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hold {
    /// All pauses that are over.
    pub(super) total: Duration,
    /// When the pause began that is not over.
    pub(super) since: Option<Instant>,
}

impl Hold {
    /// All pauses until now.
    pub(super) fn paused(&self, now: Instant) -> Duration {
        self.total + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// The time of a scenario that starts at an instant when nobody pauses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
    hold: Hold,
}

impl Clock {
    pub(super) fn new(start: Instant, hold: Hold) -> Self {
        Self { start, hold }
    }

    /// Whether it stands still.
    pub(super) fn is_held(&self) -> bool {
        self.hold.since.is_some()
    }

    /// The scenario's time now.
    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        let now = self.hold.since.map_or(now, |since| since.min(now));
        now.saturating_duration_since(self.start + self.hold.total)
    }

    /// Where a time of the scenario lies on the wall's clock, as this stands now.
    pub(super) fn shifted(&self, at: Duration) -> Instant {
        self.start + self.hold.total + at
    }

    /// When a time of the scenario comes; `None` when somebody has to end a pause before.
    pub(super) fn instant(&self, at: Duration) -> Option<Instant> {
        let instant = self.shifted(at);
        self.hold.since.is_none_or(|since| instant <= since).then_some(instant)
    }

    /// Returns at a time of the scenario.
    pub(super) async fn until(&self, at: Duration) {
        match self.instant(at) {
            Some(instant) => sleep_until(instant).await,
            // Whoever resumes brings another clock.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_while_paused_and_goes_on_from_there() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let ms = Duration::from_millis;
        let running = Clock::new(start, Hold::default());
        assert_eq!((running.elapsed(at(300)), running.instant(ms(500))), (ms(300), Some(at(500))));
        let paused = Clock::new(start, Hold { total: ms(100), since: Some(at(400)) });
        assert_eq!(paused.elapsed(at(9_000)), ms(300));
        assert_eq!(paused.elapsed(at(350)), ms(250));
        // What was due when it was paused is due; what was not waits.
        assert_eq!((paused.instant(ms(300)), paused.instant(ms(301))), (Some(at(400)), None));
        let resumed = Clock::new(start, Hold { total: ms(8_700), since: None });
        assert_eq!(resumed.elapsed(at(9_000)), ms(300));
        assert_eq!(resumed.instant(ms(301)), Some(at(9_001)));
        assert_eq!(Hold { total: ms(100), since: Some(at(400)) }.paused(at(500)), ms(200));
    }
}
