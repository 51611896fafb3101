//! How a requirement did in a step, and how much that is worth.
//!
//! Requests in a queue fare alike: when it is long, all are slow. So a thousand of them are worth less than a thousand
//! independent ones, by the design effect (Kish, Survey Sampling, 1965), which the seconds of the step tell: the
//! variance of their counts with what neighbours have in common (Newey and West, 1987), over that of chance. Few
//! seconds tell little, so a usual effect stands in for them as if some seconds had told it.

use serde::{Deserialize, Serialize};

use super::requirement::Count;

/// What is assumed of a queue before its seconds tell.
const USUAL_EFFECT: f64 = 4.0;
/// … as if so many seconds had told it.
const USUAL_SECONDS: f64 = 5.0;
/// Neighbours at most so many seconds apart are looked at.
const MOST_APART: usize = 8;

/// A requirement over a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How many were bad.
    pub bad: f64,
    /// How many there were.
    pub total: f64,
    /// How many of them are worth one independent one; at least 1.
    pub effect: f64,
}

impl Tally {
    /// Of the counts of seconds that follow each other; `None` where there is nothing to count.
    pub fn of(seconds: &[Count]) -> Option<Self> {
        let bad: f64 = seconds.iter().map(|count| count.bad as f64).sum();
        let total: f64 = seconds.iter().map(|count| count.total as f64).sum();
        (total > 0.0).then(|| Self { bad, total, effect: effect(seconds, bad / total, total) })
    }

    /// A tally of so many independent ones.
    pub const fn independent(bad: f64, total: f64) -> Self {
        Self { bad, total, effect: 1.0 }
    }

    /// The share that was bad.
    pub fn share(&self) -> f64 {
        self.bad / self.total
    }

    /// How many independent ones it is worth.
    pub fn worth(&self) -> f64 {
        self.total / self.effect
    }

    /// How far it is beyond what is permitted, in standard deviations of a system that is exactly at its limit; below 0
    /// where it is within.
    pub fn beyond(&self, permitted: f64) -> f64 {
        (self.share() - permitted) / (permitted * (1.0 - permitted) / self.worth()).sqrt()
    }
}

fn effect(seconds: &[Count], share: f64, total: f64) -> f64 {
    let count = seconds.len();
    let chance = total * share * (1.0 - share);
    if count < 2 || chance <= 0.0 {
        return USUAL_EFFECT;
    }
    let apart: Vec<f64> = seconds.iter().map(|one| one.bad as f64 - share * one.total as f64).collect();
    let farthest = MOST_APART.min(count / 3);
    let mut variance: f64 = apart.iter().map(|one| one * one).sum();
    for distance in 1..=farthest {
        let common: f64 = apart.iter().zip(&apart[distance..]).map(|(a, b)| a * b).sum();
        variance += 2.0 * (1.0 - distance as f64 / (farthest as f64 + 1.0)) * common;
    }
    let told = (variance / chance).max(1.0) * (count as f64 / (count as f64 - 1.0));
    (told * count as f64 + USUAL_EFFECT * USUAL_SECONDS) / (count as f64 + USUAL_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(bad: &[u64]) -> Vec<Count> {
        bad.iter().map(|bad| Count { bad: *bad, total: 100 }).collect()
    }

    #[test]
    fn seconds_that_differ_by_more_than_chance_are_worth_less() {
        let even = Tally::of(&counts(&[5, 4, 6, 5, 5, 6, 4, 5, 5, 5, 4, 6])).unwrap();
        let lumpy = Tally::of(&counts(&[0, 0, 0, 20, 20, 20, 0, 0, 0, 0, 0, 0])).unwrap();
        assert_eq!((even.share(), lumpy.share()), (0.05, 0.05));
        assert!(even.effect < 2.5 && lumpy.effect > 10.0, "{even:?} {lumpy:?}");
        assert!(even.worth() > 4.0 * lumpy.worth());
    }

    #[test]
    fn it_is_beyond_where_more_are_bad_than_may_be() {
        let tally = Tally::independent(30.0, 400.0);
        assert!((tally.beyond(0.05) - 0.025 / (0.05_f64 * 0.95 / 400.0).sqrt()).abs() < 1e-9);
        assert!(tally.beyond(0.10) < 0.0);
        assert_eq!(Tally::of(&[Count::default()]), None);
    }
}
