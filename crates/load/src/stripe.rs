//! Which share of a plan is whose: the same schedule, dealt out like cards.
//!
//! Everything an executor counts (arrivals, virtual users, iterations) is numbered from 0 in the whole test. A
//! stripe owns every `count`-th number. Stripes of one `count` are a partition: together they are the schedule,
//! without a gap and without a double, and nobody has to talk to anybody. Machines deal first, in parts that may be
//! unequal (`segment.rs`), and the workers of each deal its part out in stripes.

use serde::{Deserialize, Serialize};

/// The numbers `index`, `index + count`, `index + 2 × count`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stripe {
    index: u64,
    count: u64,
}

impl Stripe {
    /// All numbers: one worker.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The stripe `index` (from 0) of `count`; `None` when `index` is not below `count`.
    pub const fn new(index: u64, count: u64) -> Option<Self> {
        if index < count { Some(Self { index, count }) } else { None }
    }

    /// The number of stripes that share the schedule.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The `k`-th number of this stripe, `k` from 0.
    pub const fn nth(self, k: u64) -> u64 {
        self.index + k * self.count
    }

    /// How many numbers below `end` are in this stripe.
    pub const fn count_below(self, end: u64) -> u64 {
        if end > self.index { (end - self.index - 1) / self.count + 1 } else { 0 }
    }

    /// The same seat at a table of at most `count` (at least 1) stripes; `None` when it has no such seat.
    #[must_use]
    pub const fn limited(self, count: u64) -> Option<Self> {
        Self::new(self.index, if count < self.count { count } else { self.count })
    }
}

impl Default for Stripe {
    fn default() -> Self {
        Self::WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_index_outside_the_count_is_no_stripe() {
        assert_eq!(Stripe::new(2, 2), None);
        assert_eq!(Stripe::new(0, 0), None);
    }

    proptest! {
        #[test]
        fn stripes_are_a_partition(count in 1u64..20, end in 0u64..500) {
            let mut all: Vec<u64> = (0..count)
                .flat_map(|index| {
                    let stripe = Stripe::new(index, count).unwrap();
                    (0..stripe.count_below(end)).map(move |k| stripe.nth(k))
                })
                .collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..end).collect::<Vec<_>>());
        }
    }
}
