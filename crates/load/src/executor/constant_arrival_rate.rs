//! `constant-arrival-rate`: an open model. Iterations start `rate` times per `time_unit`, however long they take.
//!
//! The first arrival is at the start, the `n`-th one `n × time_unit ÷ rate` later, computed from `n` each time in
//! whole nanoseconds, so that 3 per second neither drift nor lose an arrival.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::pacer::Schedule;
use crate::plan::Problems;

/// The options of `constant-arrival-rate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstantArrivalRate {
    /// Iterations to start per `time_unit`, at least 1.
    pub rate: u64,
    /// The time to which `rate` refers; one second by default.
    pub time_unit: Duration,
    /// How long iterations start.
    pub duration: Duration,
    /// The virtual users prepared before the run.
    pub pre_allocated_vus: u64,
    /// The most virtual users; those beyond `pre_allocated_vus` are prepared in mid-run, when all others are busy.
    pub max_vus: u64,
}

impl ConstantArrivalRate {
    /// The instants of the arrivals.
    pub const fn schedule(&self) -> ConstantSchedule {
        ConstantSchedule {
            rate: self.rate as u128,
            time_unit_ns: self.time_unit.as_nanos(),
            duration_ns: self.duration.as_nanos(),
        }
    }

    pub(super) fn description(&self) -> String {
        let Self { rate, time_unit, duration, pre_allocated_vus, max_vus } = self;
        let (unit, duration) = (per(*time_unit), duration_text(*duration));
        format!("{rate} iterations{unit} for {duration} with {}", vus_range(*pre_allocated_vus, *max_vus))
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.rate("rate", self.rate);
        if self.rate == 0 {
            problems.note("rate", "nothing would start at a rate of `0`; use at least `1` (per `timeUnit`)");
        }
        problems.duration("timeUnit", self.time_unit);
        problems.duration("duration", self.duration);
        problems.open_model_vus(self.pre_allocated_vus, self.max_vus);
    }
}

/// The arrivals of a constant rate: `0`, `1/rate`, `2/rate`, … before the duration is over.
#[derive(Debug, Clone, Copy)]
pub struct ConstantSchedule {
    rate: u128,
    time_unit_ns: u128,
    duration_ns: u128,
}

impl Schedule for ConstantSchedule {
    fn instant(&self, number: u64) -> Option<Duration> {
        let at = u128::from(number) * self.time_unit_ns / self.rate.max(1);
        (number < self.arrivals()).then(|| Duration::from_nanos(at as u64))
    }

    fn arrivals(&self) -> u64 {
        (self.duration_ns * self.rate).div_ceil(self.time_unit_ns.max(1)) as u64
    }
}

/// The ` per …` of a rate's text: `/s` for a second.
pub(crate) fn per(time_unit: Duration) -> String {
    if time_unit == Duration::from_secs(1) {
        "/s".to_owned()
    } else {
        format!(" per {}", duration_text(time_unit))
    }
}

/// The VUs of an open model, for example `10 to 50 VUs`.
pub(super) fn vus_range(pre_allocated: u64, max: u64) -> String {
    if pre_allocated == max { format!("{max} VUs") } else { format!("{pre_allocated} to {max} VUs") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacer::{Pace, Pacer};
    use crate::stripe::Stripe;
    use proptest::prelude::*;

    fn schedule(rate: u64, time_unit: Duration, duration: Duration) -> ConstantSchedule {
        ConstantArrivalRate { rate, time_unit, duration, pre_allocated_vus: 1, max_vus: 1 }.schedule()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_arrival_is_at_once_and_none_is_at_the_end() {
        let schedule = schedule(4, SECOND, SECOND);
        let instants: Vec<_> = (0..5).map_while(|n| schedule.instant(n)).map(|at| at.as_millis()).collect();
        assert_eq!(instants, [0, 250, 500, 750]);
    }

    #[test]
    fn one_per_three_seconds() {
        let schedule = schedule(1, 3 * SECOND, 10 * SECOND);
        let instants: Vec<_> = (0..9).map_while(|n| schedule.instant(n)).map(|at| at.as_secs()).collect();
        assert_eq!(instants, [0, 3, 6, 9]);
    }

    #[test]
    fn no_drift_over_a_day() {
        let day = 86_400 * SECOND;
        let schedule = schedule(3, SECOND, day);
        assert_eq!(schedule.arrivals(), 3 * 86_400);
        assert_eq!(schedule.instant(3 * 43_200), Some(day / 2));
        assert_eq!(schedule.instant(3 * 86_400), None);
    }

    #[test]
    fn a_late_pacer_owes_what_it_missed() {
        let pacer = Pacer::new(schedule(10, SECOND, SECOND), Stripe::WHOLE);
        let now = Duration::from_millis(250);
        assert_eq!(pacer.next(now, 1), Pace::Start(Duration::from_millis(100)));
        assert_eq!(pacer.next(now, 2), Pace::Start(Duration::from_millis(200)));
        assert_eq!(pacer.next(now, 3), Pace::Wait(Duration::from_millis(300)));
        assert_eq!(pacer.next(now, 10), Pace::Stop);
    }

    proptest! {
        #[test]
        fn arrivals_are_the_rate_times_the_duration_and_in_order(
            rate in 1u64..5_000, unit_ms in 1u64..5_000, duration_ms in 1u64..20_000,
        ) {
            let (unit, duration) = (Duration::from_millis(unit_ms), Duration::from_millis(duration_ms));
            let schedule = schedule(rate, unit, duration);
            let count = schedule.arrivals();
            prop_assert_eq!(count, (rate * duration_ms).div_ceil(unit_ms));
            prop_assert!(schedule.instant(count - 1).unwrap() < duration);
            prop_assert_eq!(schedule.instant(count), None);
            let sampled: Vec<_> = (0..count).step_by(1 + count as usize / 50).map(|n| schedule.instant(n)).collect();
            prop_assert!(sampled.is_sorted());
        }
    }
}
