//! What is read of a replica, and what it would be of another one that is alike.

use crate::draws::Draws;
use crate::service::Service;

/// From this share of their time on workers are taken for busy all the time.
const FULL: f64 = 0.97;

/// What was read of a replica at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scraped {
    pub(crate) at_s: u64,
    pub(crate) cpu_milli: f64,
    pub(crate) per_s: f64,
    pub(crate) in_flight: f64,
    pub(crate) waiting: f64,
}

/// What was counted between two readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    from_s: u64,
    pub(crate) busy_s: f64,
    pub(crate) came: u64,
    /// Those of them that were taken.
    pub(crate) taken: u64,
    /// Work of the requests that were taken, in seconds of a worker.
    pub(crate) offered_s: f64,
    /// Requests, their work and its variance as they were to be expected.
    pub(crate) expected: f64,
    pub(crate) expected_s: f64,
    pub(crate) variance: f64,
}

impl Stretch {
    pub(crate) fn from(now_s: u64) -> Self {
        Self {
            from_s: now_s,
            busy_s: 0.0,
            came: 0,
            taken: 0,
            offered_s: 0.0,
            expected: 0.0,
            expected_s: 0.0,
            variance: 0.0,
        }
    }

    pub(crate) fn length_s(&self, now_s: u64) -> f64 {
        now_s.saturating_sub(self.from_s) as f64
    }
}

impl Scraped {
    /// The reading of a replica that is alike, with chances of its own: as many requests and as much work as its own
    /// draw says in place of the other's. Where workers never rest, there is nothing to draw. `here` are its requests
    /// and those that wait.
    pub(crate) fn alike(
        &self,
        stretch: &Stretch,
        service: &Service,
        draws: &mut Draws,
        here: (f64, f64),
    ) -> Self {
        let length_s = stretch.length_s(self.at_s);
        let most_s = service.concurrency as f64 * length_s;
        let mut busy_s = stretch.busy_s;
        if busy_s < FULL * most_s {
            // What is turned away is no work, and makes what is left of it more even.
            let taken = if stretch.came > 0 { stretch.taken as f64 / stretch.came as f64 } else { 1.0 };
            let offered_s = taken * (stretch.expected_s + stretch.variance.sqrt() * draws.normal());
            busy_s = (busy_s - stretch.offered_s + offered_s).clamp(0.0, most_s);
        }
        let came = (stretch.expected + stretch.expected.sqrt() * draws.normal()).round().max(0.0);
        Self {
            at_s: self.at_s,
            cpu_milli: service.cpu_milli(busy_s / length_s),
            per_s: came / length_s,
            in_flight: here.0,
            waiting: here.1,
        }
    }
}
