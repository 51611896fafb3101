//! `ramping-arrival-rate`: an open model whose rate moves in straight lines from one target to the next.
//!
//! An iteration starts where the area under the rate curve reaches the next whole number: 0 → 10/s over one second
//! gives 447, 632, 775, 894 and 1,000 ms. The area at the end of every stage is a whole number of half
//! `rate × nanosecond`s and is kept exactly, so the number of arrivals is exact however long the test; only the
//! position inside a stage is a root, taken in floating point (error far below a nanosecond in an hour's stage).

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use super::constant_arrival_rate::{per, vus_range};
use crate::pacer::Schedule;
use crate::plan::{Problems, Stage};

/// The options of `ramping-arrival-rate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RampingArrivalRate {
    /// The rate at the start, in iterations per `time_unit`.
    pub start_rate: u64,
    /// The time to which the rates refer; one second by default.
    pub time_unit: Duration,
    /// The targets, in iterations per `time_unit`; a stage of no duration is a jump.
    pub stages: Vec<Stage>,
    /// The virtual users prepared before the run.
    pub pre_allocated_vus: u64,
    /// The most virtual users; those beyond `pre_allocated_vus` are prepared in mid-run, when all others are busy.
    pub max_vus: u64,
}

impl RampingArrivalRate {
    /// How long iterations start: the sum of the stages.
    pub fn duration(&self) -> Duration {
        self.stages.iter().map(|stage| stage.duration).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The instants of the arrivals.
    pub fn schedule(&self) -> RampingSchedule {
        let mut pieces = Vec::with_capacity(self.stages.len());
        let (mut from, mut start, mut area) = (self.start_rate, Duration::ZERO, 0_u128);
        for stage in &self.stages {
            let area_before = area;
            area += stage.duration.as_nanos() * (u128::from(from) + u128::from(stage.target));
            pieces.push(Piece { start, duration: stage.duration, from, to: stage.target, area_before, area });
            from = stage.target;
            start += stage.duration;
        }
        RampingSchedule { pieces, iteration: 2 * self.time_unit.as_nanos().max(1) }
    }

    fn peak(&self) -> u64 {
        self.stages.iter().map(|stage| stage.target).chain([self.start_rate]).max().unwrap_or(0)
    }

    pub(super) fn description(&self) -> String {
        format!(
            "up to {} iterations{} for {} over {} stages with {}",
            self.peak(),
            per(self.time_unit),
            duration_text(self.duration()),
            self.stages.len(),
            vus_range(self.pre_allocated_vus, self.max_vus)
        )
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.rate("startRate", self.start_rate);
        problems.duration("timeUnit", self.time_unit);
        problems.stages(&self.stages, Problems::rate);
        if !self.stages.is_empty() && self.peak() == 0 {
            problems.note("stages", "nothing would start: `startRate` and every target are `0`");
        }
        problems.open_model_vus(self.pre_allocated_vus, self.max_vus);
    }
}

/// The arrivals of a piecewise linear rate.
#[derive(Debug, Clone)]
pub struct RampingSchedule {
    pieces: Vec<Piece>,
    /// The area of one iteration.
    iteration: u128,
}

/// One stage. Areas are in `rate × nanosecond ÷ 2`, so that a trapezium's is a whole number.
#[derive(Debug, Clone)]
struct Piece {
    start: Duration,
    duration: Duration,
    from: u64,
    to: u64,
    area_before: u128,
    area: u128,
}

impl Schedule for RampingSchedule {
    fn instant(&self, number: u64) -> Option<Duration> {
        let area = (u128::from(number) + 1) * self.iteration;
        let piece = self.pieces.get(self.pieces.partition_point(|piece| piece.area < area))?;
        Some(piece.start + piece.crossing(area - piece.area_before))
    }

    fn arrivals(&self) -> u64 {
        self.pieces.last().map_or(0, |piece| (piece.area / self.iteration) as u64)
    }
}

impl Piece {
    /// Where, since the start of this piece, the area under it reaches `area` (more than 0, at most its whole area).
    fn crossing(&self, area: u128) -> Duration {
        // from·x + (to − from)·x² ÷ 2d = a, with a in rate × nanoseconds. The root is written with the square root
        // in the denominator: that form subtracts nothing, so it is as exact for a flat piece as for a steep one.
        let (from, to) = (self.from as f64, self.to as f64);
        let duration_ns = self.duration.as_nanos() as f64;
        let area = area as f64 / 2.0;
        let root = (from * from + 2.0 * (to - from) * area / duration_ns).max(0.0).sqrt();
        let x = (2.0 * area / (from + root)).clamp(0.0, duration_ns);
        Duration::from_nanos(x as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacer::{Pace, Pacer};
    use crate::stripe::Stripe;
    use proptest::prelude::*;

    fn schedule(start_rate: u64, time_unit_s: u64, stages: &[(u64, u64)]) -> RampingSchedule {
        let stages = stages
            .iter()
            .map(|&(duration_ms, target)| Stage { duration: Duration::from_millis(duration_ms), target })
            .collect();
        let time_unit = Duration::from_secs(time_unit_s);
        RampingArrivalRate { start_rate, time_unit, stages, pre_allocated_vus: 1, max_vus: 1 }.schedule()
    }

    fn instants_us(schedule: &RampingSchedule) -> Vec<u128> {
        (0..).map_while(|number| schedule.instant(number)).map(|at| at.as_micros()).collect()
    }

    #[test]
    fn a_ramp_from_nothing_starts_where_the_area_crosses_whole_numbers() {
        let instants = instants_us(&schedule(0, 1, &[(1_000, 10)]));
        assert_eq!(instants, [447_213, 632_455, 774_596, 894_427, 1_000_000]);
        // k6 was seen to start these iterations at 448, 633, 775, 895 and 1,001 ms: the next millisecond, each time.
        let seen_ms = [448, 633, 775, 895, 1_001];
        assert!(instants.iter().zip(seen_ms).all(|(&exact, seen)| exact / 1_000 + 1 == seen));
    }

    #[test]
    fn a_ramp_to_nothing_ends_with_an_arrival_at_its_end() {
        let instants = instants_us(&schedule(10, 1, &[(1_000, 0)]));
        assert_eq!(instants, [105_572, 225_403, 367_544, 552_786, 1_000_000]);
    }

    #[test]
    fn a_flat_stage_is_even_and_a_stage_of_no_duration_jumps() {
        let instants =
            instants_us(&schedule(0, 1, &[(0, 4), (1_000, 4), (0, 2), (1_000, 2), (0, 0), (5_000, 0)]));
        assert_eq!(instants, [250_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000]);
    }

    #[test]
    fn a_fraction_of_an_arrival_is_carried_into_the_next_stage() {
        // 1 per 3 s: the second stage begins with a third of an arrival already paid for.
        let instants = instants_us(&schedule(1, 3, &[(1_000, 1), (8_000, 1)]));
        assert_eq!(instants, [3_000_000, 6_000_000, 9_000_000]);
    }

    #[test]
    fn no_drift_over_hours() {
        let hour = 3_600_000;
        let schedule = schedule(0, 1, &[(hour, 20_000), (hour, 20_000), (hour, 0)]);
        assert_eq!(schedule.arrivals(), 20_000 * 7_200);
        // The middle of the plateau, and the last arrival, to the nanosecond.
        assert_eq!(schedule.instant(20_000 * 3_600 - 1), Some(Duration::from_millis(hour + hour / 2)));
        let last = schedule.instant(20_000 * 7_200 - 1).unwrap();
        assert_eq!(last, Duration::from_millis(3 * hour));
        assert_eq!(schedule.instant(20_000 * 7_200), None);
    }

    #[test]
    fn pacers_say_wait_start_stop() {
        let pacer = Pacer::new(schedule(0, 1, &[(1_000, 10)]), Stripe::new(1, 2).unwrap());
        assert_eq!(pacer.arrivals(), 2);
        let (first, second) = (Duration::from_nanos(632_455_532), Duration::from_nanos(894_427_190));
        assert_eq!(pacer.next(Duration::ZERO, 0), Pace::Wait(first));
        assert_eq!(pacer.next(first, 0), Pace::Start(first));
        assert_eq!(pacer.next(first, 1), Pace::Wait(second));
        assert_eq!(pacer.next(second, 2), Pace::Stop);
    }

    fn stages() -> impl Strategy<Value = Vec<(u64, u64)>> {
        prop::collection::vec((0u64..4_000, 0u64..400), 1..8)
    }

    proptest! {
        #[test]
        fn the_number_of_arrivals_is_the_area_under_the_curve(start in 0u64..400, unit in 1u64..4, stages in stages()) {
            let schedule = schedule(start, unit, &stages);
            let (mut from, mut twice_area) = (start, 0);
            for &(duration_ms, target) in &stages {
                twice_area += duration_ms * (from + target);
                from = target;
            }
            prop_assert_eq!(schedule.arrivals(), twice_area / (2_000 * unit));
            let instants = instants_us(&schedule);
            prop_assert_eq!(instants.len() as u64, schedule.arrivals());
            prop_assert!(instants.is_sorted());
        }

        #[test]
        fn what_is_due_are_the_arrivals_until_then(
            start in 0u64..50, stages in stages(), count in 1u64..4, elapsed_ms in 0u64..9_000,
        ) {
            let pacer = Pacer::new(schedule(start, 1, &stages), Stripe::new(count - 1, count).unwrap());
            let elapsed = Duration::from_millis(elapsed_ms);
            let starts = |&n: &u64| matches!(pacer.next(elapsed, n), Pace::Start(_));
            let started = (0..=pacer.arrivals()).take_while(starts).count();
            prop_assert_eq!(pacer.due(elapsed), started as u64);
            prop_assert_eq!(pacer.due(Duration::MAX), pacer.arrivals());
        }

        #[test]
        fn stripes_are_a_partition_of_the_same_schedule(start in 0u64..50, stages in stages(), count in 1u64..6) {
            let whole = schedule(start, 1, &stages);
            let mut parts = Vec::new();
            for index in 0..count {
                let pacer = Pacer::new(whole.clone(), Stripe::new(index, count).unwrap());
                let mut started = 0;
                while let Pace::Start(at) = pacer.next(Duration::MAX, started) {
                    parts.push(at);
                    started += 1;
                }
                prop_assert_eq!(started, pacer.arrivals());
            }
            parts.sort_unstable();
            let all: Vec<_> = (0..).map_while(|number| whole.instant(number)).collect();
            prop_assert_eq!(parts, all);
        }
    }
}
