//! The stretches of a run that a budget is judged over, and the worst of them.
//!
//! A sliding window over an hour is thousands of stretches of hundreds of seconds. Only those are looked at that differ
//! in what they hold, and sums are differences of running sums, so that the work goes with the seconds alone.

use std::ops::Range;

use loadline_measure::Run;

use super::allowed::Quantity;
use super::budget::ProjectBudget;
use super::counted::Second;
use super::part::Part;

/// Stretches of ascending seconds.
pub(crate) struct Stretches<'s> {
    seconds: &'s [Second],
    /// The second that each begins with, whether there is one or not.
    begins: Vec<u64>,
    ranges: Vec<Range<usize>>,
    /// Of what comes before each second, and of all.
    running: Vec<Sums>,
}

/// What a stretch comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) bad: u64,
    pub(crate) total: u64,
    pub(crate) unanswered: u64,
    pub(crate) sum: f64,
}

impl<'s> Stretches<'s> {
    /// The stretches of a run that a budget is judged over; `seconds` are what it counts of them.
    pub(crate) fn of(run: &Run, budget: &ProjectBudget, seconds: &'s [Second]) -> Self {
        match budget.part {
            Part::Sliding(length) => {
                // The last second is rarely a whole one. What is too much in it is too much; too little is not.
                let allowed = &budget.allowed;
                let too_little =
                    allowed.is_floor() && matches!(allowed.quantity, Quantity::Rate | Quantity::Count);
                let whole = run.duration.as_secs();
                let part = u64::from(!too_little && run.duration.subsec_nanos() > 0);
                Self::sliding(seconds, length.as_secs(), whole + part)
            }
            Part::Whole | Part::Steady => Self::whole(seconds),
        }
    }

    /// All seconds as one stretch.
    fn whole(seconds: &'s [Second]) -> Self {
        let all = 0..seconds.len();
        Self::new(seconds, vec![0], vec![all])
    }

    /// The stretches of a length that lie in the run; the whole run when it is shorter. One that is empty is among them
    /// if there is one: nothing at all is little.
    fn sliding(seconds: &'s [Second], length: u64, run_seconds: u64) -> Self {
        let last = run_seconds.saturating_sub(length);
        // What a stretch holds changes where a second enters at its end or leaves at its beginning.
        let mut begins = vec![0, last];
        for second in seconds {
            let after = second.number.saturating_add(1);
            begins.extend([after, after.saturating_sub(length)].into_iter().filter(|begin| *begin <= last));
        }
        begins.sort_unstable();
        begins.dedup();
        let (mut from, mut until) = (0, 0);
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(begins.len());
        for begin in &begins {
            while seconds.get(from).is_some_and(|second| second.number < *begin) {
                from += 1;
            }
            let end = begin.saturating_add(length);
            while seconds.get(until).is_some_and(|second| second.number < end) {
                until += 1;
            }
            ranges.push(from..until.max(from));
        }
        Self::new(seconds, begins, ranges)
    }

    fn new(seconds: &'s [Second], begins: Vec<u64>, ranges: Vec<Range<usize>>) -> Self {
        let mut running = Vec::with_capacity(seconds.len() + 1);
        let mut now = Sums::default();
        running.push(now);
        for second in seconds {
            now = Sums {
                bad: now.bad + second.bad,
                total: now.total + second.total,
                unanswered: now.unanswered + second.unanswered,
                sum: now.sum + second.sum,
            };
            running.push(now);
        }
        Self { seconds, begins, ranges, running }
    }

    /// The second that each begins with, ascending.
    pub(crate) fn begins(&self) -> &[u64] {
        &self.begins
    }

    /// All of them, in the order of time.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'s [Second], Sums)> {
        self.ranges.iter().map(|range| {
            let (before, after) = (self.running[range.start], self.running[range.end]);
            let sums = Sums {
                bad: after.bad - before.bad,
                total: after.total - before.total,
                unanswered: after.unanswered - before.unanswered,
                sum: after.sum - before.sum,
            };
            (&self.seconds[range.clone()], sums)
        })
    }

    /// The one in which most values too many are bad, where more than this share are in any; otherwise the one with the
    /// largest share of them. The latest of equals; none without values.
    ///
    /// A window that half of a thousand requests failed in is worse than one in which the only request did.
    pub(crate) fn worst_share(&self, permitted: f64) -> Option<&'s [Second]> {
        let share = |sums: &Sums| sums.bad as f64 / (sums.total as f64).max(1.0);
        let excess = |sums: &Sums| (sums.bad as f64 - permitted * sums.total as f64).max(0.0);
        let held = self.iter().filter(|(seconds, _)| !seconds.is_empty());
        let worse = |(_, left): &(&[Second], Sums), (_, right): &(&[Second], Sums)| {
            excess(left).total_cmp(&excess(right)).then_with(|| share(left).total_cmp(&share(right)))
        };
        held.max_by(worse).map(|(seconds, _)| seconds)
    }

    /// The largest value of all that lie in one of them; what was never answered is infinitely late.
    pub(crate) fn max(&self) -> Option<f64> {
        let (first, last) = (self.ranges.first()?, self.ranges.last()?);
        let of = |second: &Second| if second.unanswered > 0 { f64::INFINITY } else { second.max };
        self.seconds[first.start..last.end].iter().map(of).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(of: &[(u64, u64, u64)]) -> Vec<Second> {
        let second = |(number, bad, more): &(u64, u64, u64)| Second {
            number: *number,
            bad: *bad,
            total: bad + more,
            sum: (bad * 3) as f64,
            max: *more as f64,
            ..Second::default()
        };
        of.iter().map(second).collect()
    }

    #[test]
    fn a_stretch_of_nothing_is_one() {
        let seconds = seconds(&[(0, 1, 1), (20, 1, 1)]);
        let stretches = Stretches::sliding(&seconds, 5, 30);
        assert!(stretches.iter().any(|(held, _)| held.is_empty()));
        // Far apart, and no more work for it.
        let far = self::seconds(&[(0, 1, 1), (1 << 50, 1, 1)]);
        assert!(Stretches::sliding(&far, 5, 1 << 51).ranges.len() <= 6);
    }

    proptest! {
        #[test]
        fn they_hold_what_every_begin_would_hold(
            of in prop::collection::btree_map(0_u64..60, (0_u64..5, 0_u64..5), 1..40),
            length in 1_u64..30,
            run_seconds in 1_u64..70,
        ) {
            let of: Vec<(u64, u64, u64)> = of.into_iter().map(|(number, (bad, more))| (number, bad, more)).collect();
            let seconds = seconds(&of);
            let stretches = Stretches::sliding(&seconds, length, run_seconds);
            let mut found: Vec<Vec<u64>> =
                stretches.iter().map(|(held, _)| held.iter().map(|second| second.number).collect()).collect();
            let mut expected: Vec<Vec<u64>> = (0..=run_seconds.saturating_sub(length))
                .map(|from| of.iter().map(|(number, ..)| *number).filter(|number| (from..from + length).contains(number)).collect())
                .collect();
            found.sort();
            found.dedup();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(found, expected);
            for (held, sums) in stretches.iter() {
                prop_assert_eq!(sums.bad, held.iter().map(|second| second.bad).sum::<u64>());
                prop_assert_eq!(sums.total, held.iter().map(|second| second.total).sum::<u64>());
                prop_assert!((sums.sum - held.iter().map(|second| second.sum).sum::<f64>()).abs() < 1e-9);
            }
        }
    }
}
