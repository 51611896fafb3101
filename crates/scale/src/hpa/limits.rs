//! How far one sync may go: within minimum and maximum, and no faster than the policy lets it.

use super::arithmetic::{count, truncated};
use super::behavior::{Amount, ScalingRules, Select};
use super::conditions::Reason;
use super::version::{Rule, Rules};

/// Without a behavior nothing more than doubles, from 4 on.
const FACTOR: f64 = 2.0;
const LEAST: f64 = 4.0;

/// A rescale that limits by time go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Event {
    change: i32,
    at_ms: i64,
    outdated: bool,
}

/// The rescales of one direction.
///
/// An event that is older than the longest time of its own direction is marked, and one that comes in takes the place
/// of the last of those; the others stay, and count where the other direction looks back further.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Events(Vec<Event>);

impl Events {
    pub(super) fn record(&mut self, change: i32, longest_period_ms: i64, now_ms: i64) {
        for event in &mut self.0 {
            event.outdated |= event.at_ms < now_ms - longest_period_ms;
        }
        let new = Event { change, at_ms: now_ms, outdated: false };
        match self.0.iter_mut().rev().find(|event| event.outdated) {
            Some(old) => *old = new,
            None => self.0.push(new),
        }
    }

    fn within(&self, period_ms: i64, now_ms: i64) -> i32 {
        let recent = self.0.iter().filter(|event| event.at_ms > now_ms - period_ms);
        recent.fold(0, |sum, event| sum.wrapping_add(event.change))
    }
}

/// What there was when each time began, and who says what was added and taken away since.
pub(super) struct Past<'a> {
    pub(super) current: i32,
    pub(super) ups: &'a Events,
    pub(super) downs: &'a Events,
    pub(super) rules: Rules,
    pub(super) now_ms: i64,
}

impl Past<'_> {
    fn period_start(&self, period_ms: i64) -> i32 {
        self.current
            .wrapping_sub(self.ups.within(period_ms, self.now_ms))
            .wrapping_add(self.downs.within(period_ms, self.now_ms))
    }

    /// The most that scaling up may come to now.
    fn highest(&self, rules: &ScalingRules) -> i32 {
        let capped = self.rules.has(Rule::CountsCapped);
        let proposals = rules.policies.iter().map(|policy| {
            let start = self.period_start(policy.period_ms);
            match policy.amount {
                Amount::Pods(pods) => start.wrapping_add(pods),
                Amount::Percent(percent) => {
                    count(f64::from(start) * (1.0 + f64::from(percent) / 100.0), capped)
                }
            }
        });
        match rules.select {
            Select::Disabled => self.current,
            Select::Min => proposals.fold(i32::MAX, i32::min),
            Select::Max => proposals.fold(i32::MIN, i32::max),
        }
    }

    /// The least that scaling down may come to now.
    fn lowest(&self, rules: &ScalingRules) -> i32 {
        let capped = self.rules.has(Rule::CountsCapped);
        let proposals = rules.policies.iter().map(|policy| {
            let start = self.period_start(policy.period_ms);
            match policy.amount {
                Amount::Pods(pods) => start.wrapping_sub(pods),
                Amount::Percent(percent) => {
                    truncated(f64::from(start) * (1.0 - f64::from(percent) / 100.0), capped)
                }
            }
        });
        match rules.select {
            Select::Disabled => self.current,
            Select::Min => proposals.fold(i32::MIN, i32::max),
            Select::Max => proposals.fold(i32::MAX, i32::min),
        }
    }

    /// A number held to minimum, maximum and the limits of its direction, and what held it.
    pub(super) fn limited(
        &self,
        desired: i32,
        (min, max): (i32, i32),
        (up, down): (&ScalingRules, &ScalingRules),
    ) -> (i32, Reason) {
        if desired > self.current {
            let fastest = self.highest(up).max(self.current);
            let (most, reason) =
                if max > fastest { (fastest, Reason::ScaleUpLimit) } else { (max, Reason::TooManyReplicas) };
            if desired > most {
                return (most, reason);
            }
        } else if desired < self.current {
            let fastest = self.lowest(down).min(self.current);
            let (least, reason) =
                if min < fastest { (fastest, Reason::ScaleDownLimit) } else { (min, Reason::TooFewReplicas) };
            if desired < least {
                return (least, reason);
            }
        }
        (desired, Reason::DesiredWithinRange)
    }
}

/// The same where the policy has no behavior: minimum and maximum, and no more than twice what there is.
pub(super) fn limited_without_behavior(
    current: i32,
    desired: i32,
    (min, max): (i32, i32),
    rules: Rules,
) -> (i32, Reason) {
    let fastest = truncated((FACTOR * f64::from(current)).max(LEAST), rules.has(Rule::CountsCapped));
    let (most, reason) =
        if max > fastest { (fastest, Reason::ScaleUpLimit) } else { (max, Reason::TooManyReplicas) };
    if desired < min {
        (min, Reason::TooFewReplicas)
    } else if desired > most {
        (most, reason)
    } else {
        (desired, Reason::DesiredWithinRange)
    }
}
