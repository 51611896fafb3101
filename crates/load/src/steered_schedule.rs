//! The arrivals of an open model whose rate a person has changed: as planned until the first change, and from each
//! change on at the rate that was set there.
//!
//! Workers do not talk about it. A change has an instant of its scenario's time, and everything else follows from that:
//! how many arrivals were due until then, and which part of the way to the next one had passed. That part counts at the
//! new rate, too, so that somebody who turns a rate up and down neither makes arrivals nor loses any.

use std::time::Duration;

use crate::executor::PlannedSchedule;
use crate::pacer::Schedule;

/// The way from one arrival to the next, in the parts that it is counted in.
const WAY: u128 = 1 << 32;

/// So many changes are remembered. Of what was due before the oldest it is known that it is due, not since when.
const MOST: usize = 64;

/// Iterations to start per time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; none at all is a rate, too.
    pub count: u64,
    /// In which time, more than nothing.
    pub per: Duration,
}

/// A schedule that was changed while it went on.
#[derive(Debug, Clone)]
pub struct SteeredSchedule {
    planned: PlannedSchedule,
    duration: Duration,
    pieces: Vec<Piece>,
    /// Whether there were changes before the oldest piece.
    shortened: bool,
    arrivals: u64,
}

/// A constant rate from an instant on.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Duration,
    rate: Rate,
    /// How many arrivals were due until then.
    first: u64,
    /// How far it was to the next one.
    passed: u128,
}

impl SteeredSchedule {
    /// A schedule as it was planned, of a scenario that takes so long.
    pub fn new(planned: PlannedSchedule, duration: Duration) -> Self {
        let arrivals = planned.arrivals();
        Self { planned, duration, pieces: Vec::new(), shortened: false, arrivals }
    }

    /// The same with another rate from this instant of the scenario's time on; `None` is the time before its start.
    #[must_use]
    pub fn changed(&self, at: Option<Duration>, rate: Rate) -> Self {
        let mut changed = self.clone();
        let piece = match (at, self.pieces.last()) {
            (None, _) => {
                changed.pieces.clear();
                Piece { from: Duration::ZERO, rate, first: 0, passed: 0 }
            }
            (Some(at), Some(last)) => {
                let from = at.max(last.from);
                let (first, passed) = last.at(from);
                Piece { from, rate, first, passed }
            }
            (Some(from), None) => {
                let (first, passed) = self.as_planned(from);
                Piece { from, rate, first, passed }
            }
        };
        changed.pieces.push(piece);
        if changed.pieces.len() > MOST {
            changed.pieces.remove(0);
            changed.shortened = true;
        }
        // Nothing starts at the very end or after it.
        let last = self.duration.saturating_sub(Duration::from_nanos(1)).max(piece.from);
        changed.arrivals = if piece.from < self.duration { piece.at(last).0 } else { piece.first };
        changed
    }

    /// The rate that was set last.
    pub fn rate(&self) -> Option<Rate> {
        self.pieces.last().map(|piece| piece.rate)
    }

    /// How many arrivals the plan has until an instant, and how far it then is to the next.
    fn as_planned(&self, at: Duration) -> (u64, u128) {
        let (mut due, mut not_due) = (0, self.planned.arrivals());
        while due < not_due {
            let middle = due + (not_due - due) / 2;
            if self.planned.instant(middle).is_some_and(|due| due <= at) {
                due = middle + 1;
            } else {
                not_due = middle;
            }
        }
        let before = due.checked_sub(1).and_then(|last| self.planned.instant(last)).unwrap_or_default();
        let passed = self.planned.instant(due).map_or(0, |next| {
            let way = next.saturating_sub(before).as_nanos().max(1);
            (at.saturating_sub(before).as_nanos() * WAY / way).min(WAY - 1)
        });
        (due, passed)
    }
}

impl Schedule for SteeredSchedule {
    fn instant(&self, number: u64) -> Option<Duration> {
        if number >= self.arrivals {
            return None;
        }
        match self.pieces.partition_point(|piece| piece.first <= number) {
            0 if self.shortened => self.pieces.first().map(|piece| piece.from),
            0 => self.planned.instant(number),
            piece => self.pieces[piece - 1].instant(number),
        }
    }

    fn arrivals(&self) -> u64 {
        self.arrivals
    }
}

impl Piece {
    /// How many arrivals are due until an instant that is not before this piece, and how far it then is to the next.
    fn at(&self, at: Duration) -> (u64, u128) {
        let span = at.saturating_sub(self.from).as_nanos();
        let way = self.passed + span * u128::from(self.rate.count) * WAY / self.rate.per.as_nanos().max(1);
        (self.first + (way / WAY) as u64, way % WAY)
    }

    /// When an arrival of this piece is due: after its instant, and not at it.
    fn instant(&self, number: u64) -> Option<Duration> {
        let way = (u128::from(number - self.first) + 1) * WAY - self.passed;
        let rate = u128::from(self.rate.count) * WAY;
        let nanos = (way * self.rate.per.as_nanos()).checked_add(rate.checked_sub(1)?)? / rate;
        Some(self.from + Duration::from_nanos(nanos as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{ConstantArrivalRate, Executor, RampingArrivalRate};
    use crate::pacer::{Pace, Pacer};
    use crate::plan::Stage;
    use crate::stripe::Stripe;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn per_second(count: u64) -> Rate {
        Rate { count, per: SECOND }
    }

    fn constant(rate: u64, duration: Duration) -> SteeredSchedule {
        let open =
            ConstantArrivalRate { rate, time_unit: SECOND, duration, pre_allocated_vus: 1, max_vus: 1 };
        of(&Executor::ConstantArrivalRate(open))
    }

    fn of(executor: &Executor) -> SteeredSchedule {
        SteeredSchedule::new(executor.schedule().unwrap(), executor.duration())
    }

    fn instants(schedule: &impl Schedule) -> Vec<Duration> {
        (0..).map_while(|number| schedule.instant(number)).collect()
    }

    fn in_ms(schedule: &impl Schedule) -> Vec<u128> {
        instants(schedule).iter().map(Duration::as_millis).collect()
    }

    #[test]
    fn a_rate_counts_from_where_it_is_set_and_the_way_to_the_next_arrival_is_kept() {
        // Half of the way to the arrival at 400 ms has passed; at the double rate it takes half as long.
        let faster = constant(5, SECOND).changed(Some(ms(300)), per_second(10));
        assert_eq!(in_ms(&faster), [0, 200, 350, 450, 550, 650, 750, 850, 950]);
        let stopped = faster.changed(Some(ms(500)), per_second(0));
        assert_eq!(in_ms(&stopped), [0, 200, 350, 450]);
        let again = stopped.changed(Some(ms(800)), per_second(5));
        assert_eq!(in_ms(&again), [0, 200, 350, 450, 900]);
    }

    #[test]
    fn before_the_start_it_is_the_rate_of_all() {
        let schedule = constant(50, SECOND).changed(None, per_second(4));
        assert_eq!(in_ms(&schedule), [250, 500, 750]);
        assert_eq!(constant(50, SECOND).changed(None, per_second(0)).arrivals(), 0);
    }

    #[test]
    fn a_rate_per_minute() {
        let schedule = constant(1, 300 * SECOND).changed(Some(ms(500)), Rate { count: 2, per: 60 * SECOND });
        // Half a second of one per second is half of the way, and the other half is a quarter of a minute.
        assert_eq!(in_ms(&schedule)[..3], [0, 15_500, 45_500]);
    }

    #[test]
    fn after_the_end_nothing_is_due() {
        let schedule = constant(10, SECOND).changed(Some(2 * SECOND), per_second(1_000));
        assert_eq!(schedule.arrivals(), 10);
    }

    #[test]
    fn any_number_of_changes_takes_so_much_room_and_no_more() {
        let mut schedule = constant(1_000, 3_600 * SECOND);
        for change in 0..1_000 {
            schedule = schedule.changed(Some(ms(10 * change)), per_second(1_000 + change % 2));
        }
        assert_eq!(schedule.pieces.len(), MOST);
        assert!(instants_of(&schedule, 12_000).is_sorted());
    }

    fn instants_of(schedule: &impl Schedule, most: u64) -> Vec<Duration> {
        (0..most).map_while(|number| schedule.instant(number)).collect()
    }

    fn executor() -> impl Strategy<Value = Executor> {
        prop_oneof![
            (1u64..200, 1u64..5_000).prop_map(|(rate, duration)| {
                Executor::ConstantArrivalRate(ConstantArrivalRate {
                    rate,
                    time_unit: SECOND,
                    duration: ms(duration),
                    pre_allocated_vus: 1,
                    max_vus: 1,
                })
            }),
            (0u64..200, prop::collection::vec((0u64..2_000, 0u64..200), 1..5)).prop_map(
                |(start_rate, stages)| {
                    let stages = stages.into_iter().chain([(100, 100)]);
                    Executor::RampingArrivalRate(RampingArrivalRate {
                        start_rate,
                        time_unit: SECOND,
                        stages: stages
                            .map(|(duration, target)| Stage { duration: ms(duration), target })
                            .collect(),
                        pre_allocated_vus: 1,
                        max_vus: 1,
                    })
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn changes_keep_what_was_due_and_add_what_the_rates_make(
            executor in executor(), changes in prop::collection::vec((0u64..1_500, 0u64..300), 1..8),
            workers in 1u64..5,
        ) {
            let planned = of(&executor);
            let (mut schedule, mut at, mut expected, mut rate) = (planned.clone(), 0, 0.0, None);
            for (gap, count) in changes {
                let next = (at + gap).min(executor.duration().as_millis() as u64);
                expected = match rate {
                    Some(rate) => expected + (next - at) as f64 * f64::from(rate) / 1000.0,
                    None => Pacer::new(planned.clone(), Stripe::WHOLE).due(ms(next)) as f64,
                };
                let before = instants(&schedule);
                let changed = schedule.changed(Some(ms(next)), per_second(count));
                // What was due stays as it was.
                let due = before.iter().filter(|due| **due <= ms(next)).count();
                let after = instants(&changed);
                prop_assert_eq!(&after[..due], &before[..due]);
                prop_assert!(after[due..].iter().all(|due| *due > ms(next)));
                (schedule, at, rate) = (changed, next, Some(count as u32));
            }
            expected += (executor.duration().as_millis() as u64 - at) as f64 * f64::from(rate.unwrap()) / 1000.0;
            let all = instants(&schedule);
            prop_assert!(all.is_sorted());
            prop_assert_eq!(all.len() as u64, schedule.arrivals());
            // What is on its way at a change is less than one arrival.
            prop_assert!((all.len() as f64 - expected).abs() <= 1.5, "{} and {expected}", all.len());
            // Workers come to the same without talking.
            let mut parts = Vec::new();
            for index in 0..workers {
                let pacer = Pacer::new(schedule.clone(), Stripe::new(index, workers).unwrap());
                let mut started = 0;
                while let Pace::Start(due) = pacer.next(Duration::MAX, started) {
                    parts.push(due);
                    started += 1;
                }
            }
            parts.sort_unstable();
            prop_assert_eq!(parts, all);
        }

        #[test]
        fn the_rate_that_it_has_changes_nothing(rate in 1u64..2_000, at in 1u64..2_900) {
            let planned = constant(rate, 3 * SECOND);
            let same = planned.changed(Some(ms(at)), per_second(rate));
            prop_assert_eq!(planned.arrivals(), same.arrivals());
            for (planned, same) in instants(&planned).iter().zip(instants(&same)) {
                prop_assert!(planned.abs_diff(same) < Duration::from_nanos(10), "{planned:?} {same:?}");
            }
        }
    }
}
