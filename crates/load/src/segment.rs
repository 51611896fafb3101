//! This machine's part of a run that several share: which numbers of the whole test are its own.
//!
//! Everything an executor counts is numbered from 0 in the whole test (`stripe.rs`). The parts of a run have weights,
//! and need not be equal: of every `period` numbers, the sum of the weights, a part of weight `w` has `w`, as far from
//! each other as can be. The numbers are dealt in order. A part is due its `n`-th number of a period (`n` from 0) from
//! the number `n × period ÷ w` on, and of those that are due the heaviest takes it, the first of equal ones. That is
//! the rule of k6's execution segments, so that a machine of ours and one of k6's make the same part of the same plan.
//!
//! Whoever runs a shared counter needs users of its own: seven iterations by two users on three machines are work for
//! two of them. [`Segment::dealt_by`] therefore deals anew, each machine with the weight of its users.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use crate::stripe::Stripe;

/// Some of the parts of a run: as a rule one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    weights: Arc<[u64]>,
    own: Range<usize>,
    period: u64,
    /// Its numbers below the period, in order.
    offsets: Arc<[u64]>,
}

impl Segment {
    /// The longest period: as many numbers are dealt out one by one, and remembered.
    pub const MAX_PERIOD: u64 = 1_000_000;

    /// The only part there is: all numbers.
    pub fn whole() -> Self {
        Self { weights: Arc::new([1]), own: 0..1, period: 1, offsets: Arc::new([0]) }
    }

    /// The parts `own` of a run whose parts have these weights. `None` when there are no such parts, a weight is 0, or
    /// the period is longer than [`Segment::MAX_PERIOD`].
    ///
    /// ```
    /// use loadline_load::Segment;
    ///
    /// // A quarter, and three quarters.
    /// let small = Segment::new(&[1, 3], 0..1).unwrap();
    /// let large = Segment::new(&[1, 3], 1..2).unwrap();
    /// let first = |segment: &Segment, n| (0..n).map(|k| segment.nth(k)).collect::<Vec<_>>();
    /// assert_eq!((first(&small, 2), first(&large, 6)), (vec![1, 5], vec![0, 2, 3, 4, 6, 7]));
    /// assert_eq!(Segment::new(&[1, 3], 2..3), None);
    /// ```
    pub fn new(weights: &[u64], own: Range<usize>) -> Option<Self> {
        if own.is_empty() || own.end > weights.len() || weights.contains(&0) {
            return None;
        }
        let divisor = weights.iter().copied().fold(0, gcd);
        let weights: Arc<[u64]> = weights.iter().map(|weight| weight / divisor).collect();
        let period = weights.iter().try_fold(0_u64, |sum, &weight| sum.checked_add(weight))?;
        if period > Self::MAX_PERIOD {
            return None;
        }
        let owners = deal(&weights, period);
        let numbers = (0..period).zip(&owners);
        let offsets = numbers.filter(|(_, owner)| own.contains(owner)).map(|(number, _)| number).collect();
        Some(Self { weights, own, period, offsets })
    }

    /// Whether these are all parts.
    pub fn is_whole(&self) -> bool {
        self.own.len() == self.weights.len()
    }

    /// The `k`-th number of this part, `k` from 0.
    pub fn nth(&self, k: u64) -> u64 {
        if self.is_whole() {
            return k;
        }
        let count = self.offsets.len() as u64;
        k / count * self.period + self.offsets[(k % count) as usize]
    }

    /// How many numbers below `end` are in this part.
    pub fn count_below(&self, end: u64) -> u64 {
        let (periods, rest) = (end / self.period, end % self.period);
        periods * self.offsets.len() as u64 + self.offsets.partition_point(|&offset| offset < rest) as u64
    }

    /// The part of a scenario's iterations, when so many users make them who are dealt out first: each part has the
    /// weight of its users. `None` for a part without a user.
    #[must_use]
    pub fn dealt_by(&self, users: u64) -> Option<Self> {
        if users == 0 {
            return None;
        }
        let (periods, rest) = (users / self.period, users % self.period);
        if rest == 0 {
            return Some(self.clone());
        }
        let mut counts: Vec<u64> = self.weights.iter().map(|weight| weight * periods).collect();
        for owner in deal(&self.weights, self.period).into_iter().take(rest as usize) {
            counts[owner] += 1;
        }
        let with_users = |parts: &[u64]| parts.iter().filter(|&&count| count > 0).count();
        let before = with_users(&counts[..self.own.start]);
        let own = before..before + with_users(&counts[self.own.clone()]);
        counts.retain(|&count| count > 0);
        Self::new(&counts, own)
    }
}

impl Default for Segment {
    fn default() -> Self {
        Self::whole()
    }
}

/// Who gets each number of a period.
fn deal(weights: &[u64], period: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&part| Reverse(weights[part]));
    // By their places in `order`: those who are due, and the others by the number from which on they are.
    let mut due: BinaryHeap<Reverse<usize>> = (0..order.len()).map(Reverse).collect();
    let mut later: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut dealt = vec![0_u64; order.len()];
    let mut owners = Vec::with_capacity(period as usize);
    for number in 0..period {
        while let Some(&Reverse((from, place))) = later.peek()
            && from <= number
        {
            later.pop();
            due.push(Reverse(place));
        }
        // Up to any number the shares of all parts add up to more than was dealt, so that somebody is due.
        let Some(Reverse(place)) = due.pop() else { break };
        let part = order[place];
        owners.push(part);
        dealt[place] += 1;
        if dealt[place] < weights[part] {
            later.push(Reverse(((dealt[place] * period).div_ceil(weights[part]), place)));
        }
    }
    owners
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One worker's share of a machine's part: every so many of its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    machine: Segment,
    worker: Stripe,
}

impl Share {
    /// The stripe `worker` of the numbers of `machine`.
    pub const fn new(machine: Segment, worker: Stripe) -> Self {
        Self { machine, worker }
    }

    /// The `k`-th number of this share, `k` from 0.
    pub fn nth(&self, k: u64) -> u64 {
        self.machine.nth(self.worker.nth(k))
    }

    /// How many numbers below `end` are in this share.
    pub fn count_below(&self, end: u64) -> u64 {
        self.worker.count_below(self.machine.count_below(end))
    }
}

impl From<Stripe> for Share {
    fn from(worker: Stripe) -> Self {
        Self::new(Segment::whole(), worker)
    }
}

impl From<Segment> for Share {
    fn from(machine: Segment) -> Self {
        Self::new(machine, Stripe::WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(segment: &Segment, end: u64) -> Vec<u64> {
        (0..segment.count_below(end)).map(|k| segment.nth(k)).collect()
    }

    fn part(weights: &[u64], index: usize) -> Segment {
        Segment::new(weights, index..index + 1).unwrap()
    }

    #[test]
    fn parts_of_other_sizes_are_spread_over_the_period() {
        let check = |weights: &[u64], expected: &[&[u64]]| {
            let period = weights.iter().sum();
            let found: Vec<_> =
                (0..weights.len()).map(|index| numbers(&part(weights, index), period)).collect();
            assert_eq!(found, expected, "{weights:?}");
        };
        check(&[1, 1, 1], &[&[0], &[1], &[2]]);
        check(&[1, 3], &[&[1], &[0, 2, 3]]);
        check(&[3, 1], &[&[0, 2, 3], &[1]]);
        check(&[2, 1, 1], &[&[0, 2], &[1], &[3]]);
        // As k6 was seen to deal tenths.
        check(&[3, 2, 1, 1, 1, 1, 1], &[&[0, 4, 7], &[1, 5], &[2], &[3], &[6], &[8], &[9]]);
        check(&[2, 3, 1, 1, 1, 1, 1], &[&[1, 5], &[0, 4, 7], &[2], &[3], &[6], &[8], &[9]]);
        check(&[1, 2, 3], &[&[5], &[1, 3], &[0, 2, 4]]);
    }

    #[test]
    fn iterations_are_dealt_by_the_users_of_each_part() {
        let thirds = [1, 1, 1];
        let share = |index, users, iterations| {
            part(&thirds, index).dealt_by(users).map_or(0, |segment| segment.count_below(iterations))
        };
        // Four users are two, one and one.
        assert_eq!([share(0, 4, 10), share(1, 4, 10), share(2, 4, 10)], [5, 3, 2]);
        // Without a user there is nothing to be done.
        assert_eq!([share(0, 2, 7), share(1, 2, 7), share(2, 2, 7)], [4, 3, 0]);
        assert_eq!([share(0, 1, 7), share(1, 1, 7), share(2, 1, 7)], [7, 0, 0]);
    }

    #[test]
    fn what_is_no_part() {
        assert_eq!(Segment::new(&[], 0..0), None);
        assert_eq!(Segment::new(&[1, 0], 0..1), None);
        assert_eq!(Segment::new(&[1, 1], 1..1), None);
        assert_eq!(Segment::new(&[1, Segment::MAX_PERIOD], 0..1), None);
        assert_eq!(Segment::new(&[1, u64::MAX], 0..1), None);
        assert!(Segment::new(&[Segment::MAX_PERIOD * 7, Segment::MAX_PERIOD * 21], 0..1).is_some());
    }

    /// The rule as it is written above, number by number and part by part.
    fn slowly(weights: &[u64]) -> Vec<usize> {
        let period: u64 = weights.iter().sum();
        let mut dealt = vec![0; weights.len()];
        let take = |number: u64| {
            let due = |part: &usize| dealt[*part] * period <= number * weights[*part];
            let heaviest = (0..weights.len()).filter(due).map(|part| (weights[part], Reverse(part))).max();
            let part = heaviest.unwrap().1.0;
            dealt[part] += 1;
            part
        };
        (0..period).map(take).collect()
    }

    fn weights() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(1u64..12, 1..7)
    }

    proptest! {
        #[test]
        fn dealing_follows_the_rule(weights in weights()) {
            prop_assert_eq!(deal(&weights, weights.iter().sum()), slowly(&weights));
        }

        #[test]
        fn parts_are_a_partition_in_proportion(weights in weights(), end in 0u64..300) {
            let period: u64 = weights.iter().sum();
            let mut all = Vec::new();
            for (index, weight) in weights.iter().enumerate() {
                let own = numbers(&part(&weights, index), end);
                prop_assert!(own.len() as u64 >= end / period * weight);
                prop_assert!(own.len() as u64 <= end.div_ceil(period) * weight);
                all.extend(own);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..end).collect::<Vec<_>>());
        }

        #[test]
        fn dealt_by_users_they_are_a_partition_of_those_who_have_one(
            weights in weights(), users in 1u64..40, end in 0u64..300, split in 0usize..6,
        ) {
            // Single parts, and two neighbours that are one machine's.
            let split = split % weights.len();
            let mut owns: Vec<Range<usize>> = (0..weights.len()).map(|index| index..index + 1).collect();
            if split + 1 < owns.len() {
                owns.remove(split + 1);
                owns[split] = split..split + 2;
            }
            let mut all = Vec::new();
            for own in owns {
                let segment = Segment::new(&weights, own).unwrap();
                let dealt = segment.dealt_by(users);
                prop_assert_eq!(dealt.is_some(), segment.count_below(users) > 0);
                if let Some(dealt) = dealt {
                    // A round of users is a round of iterations.
                    prop_assert_eq!(dealt.count_below(users), segment.count_below(users));
                    all.extend(numbers(&dealt, end));
                }
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..end).collect::<Vec<_>>());
        }

        #[test]
        fn a_share_takes_every_so_manyth_number_of_its_machine(
            weights in weights(), workers in 1u64..6, worker in 0u64..6, k in 0u64..100,
        ) {
            let machine = part(&weights, 0);
            let stripe = Stripe::new(worker % workers, workers).unwrap();
            let share = Share::new(machine.clone(), stripe);
            prop_assert_eq!(share.nth(k), machine.nth(stripe.nth(k)));
            prop_assert_eq!(share.count_below(share.nth(k)), k);
        }
    }
}
