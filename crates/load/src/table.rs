//! How many virtual users when: a step function over time, and what can be asked of it.
//!
//! Every executor reduces its need to such a table. The pool prepares the maximum of their sum ahead, so that
//! scenarios that do not overlap in time share their users, and no user is prepared in the middle of a measurement.

use std::collections::VecDeque;
use std::time::Duration;

use crate::segment::Share;

/// From this instant on, so many virtual users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Since the start of the scenario (or of the run, in a table of the whole plan).
    pub at: Duration,
    /// The number of virtual users until the next step.
    pub vus: u64,
}

/// A step function: 0 before the first step, the last value for ever after. Instants strictly increase and
/// neighbours differ, so equal functions are equal tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VuTable {
    steps: Vec<Step>,
}

impl VuTable {
    /// A table of these steps, given in the order of time; of several at one instant, the last one counts.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut table = Self::default();
        for step in steps {
            table.push(step);
        }
        table
    }

    /// `vus` from the start until `end`, then none.
    pub fn block(vus: u64, end: Duration) -> Self {
        Self::new([Step { at: Duration::ZERO, vus }, Step { at: end, vus: 0 }])
    }

    /// The steps in the order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The largest number of virtual users at any time.
    pub fn peak(&self) -> u64 {
        self.steps.iter().map(|step| step.vus).max().unwrap_or(0)
    }

    /// The smallest number of virtual users from one instant until before another.
    pub fn least_between(&self, from: Duration, until: Duration) -> u64 {
        let before = self.steps.iter().rev().find(|step| step.at <= from).map_or(0, |step| step.vus);
        let within = self.steps.iter().filter(|step| step.at > from && step.at < until);
        within.map(|step| step.vus).fold(before, u64::min)
    }

    /// What one share has of this table.
    #[must_use]
    pub fn striped(&self, share: &Share) -> Self {
        Self::new(self.steps.iter().map(|step| Step { at: step.at, vus: share.count_below(step.vus) }))
    }

    /// This table, later by `by`.
    #[must_use]
    pub fn delayed(&self, by: Duration) -> Self {
        Self::new(self.steps.iter().map(|step| Step { at: step.at + by, vus: step.vus }))
    }

    /// This table with every decrease delayed by `grace`: the maximum over the last `grace`, cut to nothing at
    /// `end`. A user who is told to leave may take that long, and its place is kept for it.
    #[must_use]
    pub fn held(&self, grace: Duration, end: Duration) -> Self {
        let mut held = Self::default();
        // Values that still count, largest first, with the instant at which each stops counting.
        let mut window: VecDeque<(Duration, u64)> = VecDeque::new();
        for (position, step) in self.steps.iter().enumerate() {
            let until =
                self.steps.get(position + 1).map_or(Duration::MAX, |next| next.at.saturating_add(grace));
            held.expire(&mut window, step.at);
            while window.back().is_some_and(|&(_, vus)| vus <= step.vus) {
                window.pop_back();
            }
            window.push_back((until, step.vus));
            held.push(Step { at: step.at, vus: window.front().map_or(0, |&(_, vus)| vus) });
        }
        held.expire(&mut window, Duration::MAX);
        held.steps.retain(|step| step.at < end);
        held.push(Step { at: end, vus: 0 });
        held
    }

    /// The sum of several tables.
    pub fn sum<'a>(tables: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut changes: Vec<(Duration, i64)> = Vec::new();
        for table in tables {
            let mut before = 0;
            for step in &table.steps {
                changes.push((step.at, step.vus as i64 - before));
                before = step.vus as i64;
            }
        }
        changes.sort_by_key(|&(at, _)| at);
        let mut total = 0;
        let mut sum = Self::default();
        for (at, change) in changes {
            total += change;
            sum.steps.push(Step { at, vus: total.max(0) as u64 });
        }
        // One value per instant: a user who leaves and one who comes at the same time are the same place.
        Self::new(sum.steps)
    }

    fn push(&mut self, step: Step) {
        if self.steps.last().is_some_and(|last| last.at == step.at) {
            self.steps.pop();
        }
        if self.steps.last().map_or(0, |last| last.vus) != step.vus {
            self.steps.push(step);
        }
    }

    fn expire(&mut self, window: &mut VecDeque<(Duration, u64)>, now: Duration) {
        while let Some(&(until, _)) = window.front() {
            if until > now {
                break;
            }
            window.pop_front();
            if let Some(&(_, vus)) = window.front() {
                self.push(Step { at: until, vus });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe::Stripe;
    use proptest::prelude::*;

    fn table(steps: &[(u64, u64)]) -> VuTable {
        VuTable::new(steps.iter().map(|&(at, vus)| Step { at: Duration::from_secs(at), vus }))
    }

    fn value(table: &VuTable, at: u64) -> u64 {
        let at = Duration::from_secs(at);
        table.steps().iter().rev().find(|step| step.at <= at).map_or(0, |step| step.vus)
    }

    #[test]
    fn the_last_value_at_an_instant_counts_and_repetitions_vanish() {
        assert_eq!(table(&[(0, 0), (1, 3), (1, 2), (2, 2), (3, 5)]), table(&[(1, 2), (3, 5)]));
    }

    #[test]
    fn the_least_of_a_while() {
        let table = table(&[(1, 3), (2, 1), (4, 5)]);
        let least = |from, until| table.least_between(Duration::from_secs(from), Duration::from_secs(until));
        assert_eq!([least(0, 9), least(1, 2), least(1, 3), least(3, 4), least(4, 9)], [0, 3, 1, 1, 5]);
    }

    #[test]
    fn users_of_scenarios_that_follow_each_other_are_shared() {
        let first = VuTable::block(5, Duration::from_secs(10));
        let second = VuTable::block(3, Duration::from_secs(10)).delayed(Duration::from_secs(10));
        assert_eq!(VuTable::sum([&first, &second]).peak(), 5);
        let third = VuTable::block(3, Duration::from_secs(10)).delayed(Duration::from_secs(9));
        assert_eq!(VuTable::sum([&first, &third]).peak(), 8);
    }

    proptest! {
        #[test]
        fn held_is_the_maximum_of_the_last_while(
            gaps in prop::collection::vec((0u64..5, 0u64..6), 1..12), grace in 0u64..8,
        ) {
            let mut at = 0;
            let steps: Vec<_> = gaps.iter().map(|&(gap, vus)| { at += gap; (at, vus) }).collect();
            let raw = table(&steps);
            let end = at + 4;
            let held = raw.held(Duration::from_secs(grace), Duration::from_secs(end));
            for now in 0..end + 3 {
                let mut expected = 0;
                for (position, step) in raw.steps().iter().enumerate() {
                    let until = raw.steps().get(position + 1).map_or(u64::MAX, |next| next.at.as_secs() + grace);
                    if step.at.as_secs() <= now && now < until && now < end {
                        expected = expected.max(step.vus);
                    }
                }
                prop_assert_eq!(value(&held, now), expected, "at {}", now);
            }
        }

        #[test]
        fn stripes_of_a_table_add_up_to_it(
            gaps in prop::collection::vec((1u64..5, 0u64..60), 1..12), count in 1u64..9,
        ) {
            let mut at = 0;
            let steps: Vec<_> = gaps.iter().map(|&(gap, vus)| { at += gap; (at, vus) }).collect();
            let whole = table(&steps);
            let parts: Vec<_> =
                (0..count).map(|index| whole.striped(&Stripe::new(index, count).unwrap().into())).collect();
            prop_assert_eq!(VuTable::sum(&parts), whole);
        }
    }
}
