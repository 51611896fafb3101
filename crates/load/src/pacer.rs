//! When the next iteration of an open model starts: a pure function of the time and of the number started.
//!
//! The instant of every arrival is a closed form of its number. Nothing is accumulated, so nothing drifts: the
//! 72,000,000th arrival of an hour is as exact as the first, and a late worker sees at once what it owes.

use std::sync::Arc;
use std::time::Duration;

use crate::segment::Share;

/// The instants at which the iterations of an open model are to start.
pub trait Schedule {
    /// The instant of the arrival with this number (from 0) since the start of the scenario; `None` when the
    /// schedule has fewer arrivals. Instants never decrease with the number.
    fn instant(&self, number: u64) -> Option<Duration>;

    /// How many arrivals there are in all.
    fn arrivals(&self) -> u64;
}

impl<S: Schedule + ?Sized> Schedule for Arc<S> {
    fn instant(&self, number: u64) -> Option<Duration> {
        (**self).instant(number)
    }

    fn arrivals(&self) -> u64 {
        (**self).arrivals()
    }
}

impl<S: Schedule + ?Sized> Schedule for &S {
    fn instant(&self, number: u64) -> Option<Duration> {
        (**self).instant(number)
    }

    fn arrivals(&self) -> u64 {
        (**self).arrivals()
    }
}

/// What to do now. Instants count from the start of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nothing is due before this instant.
    Wait(Duration),
    /// One iteration is due; it should have started at this instant.
    Start(Duration),
    /// Everything has started.
    Stop,
}

/// One share of a schedule.
#[derive(Debug, Clone)]
pub struct Pacer<S> {
    schedule: S,
    share: Share,
}

impl<S: Schedule> Pacer<S> {
    /// The pacer of the arrivals of `schedule` whose numbers are in `share`, a stripe or a segment.
    pub fn new(schedule: S, share: impl Into<Share>) -> Self {
        Self { schedule, share: share.into() }
    }

    /// What to do when `elapsed` has passed and `started` arrivals of this share are behind us.
    pub fn next(&self, elapsed: Duration, started: u64) -> Pace {
        match self.schedule.instant(self.share.nth(started)) {
            None => Pace::Stop,
            Some(at) if at <= elapsed => Pace::Start(at),
            Some(at) => Pace::Wait(at),
        }
    }

    /// How many arrivals this share has in all.
    pub fn arrivals(&self) -> u64 {
        self.share.count_below(self.schedule.arrivals())
    }

    /// How many arrivals of this share are due when `elapsed` has passed.
    pub fn due(&self, elapsed: Duration) -> u64 {
        let (mut due, mut not_due) = (0, self.arrivals());
        while due < not_due {
            let middle = due + (not_due - due) / 2;
            let at = self.schedule.instant(self.share.nth(middle));
            if at.is_some_and(|at| at <= elapsed) { due = middle + 1 } else { not_due = middle }
        }
        due
    }
}
