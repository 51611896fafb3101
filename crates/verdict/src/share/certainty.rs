//! Whether a share would lie on the same side of its limit again.
//!
//! What happened is counted. Whether it would happen again is another question: a run sees some values of a service
//! whose level wanders, and how many of them lie beyond a limit is chance in two ways, by the values and by the level.
//!
//! 1. How the level wanders, and for how long, is taken from the latencies ([`scores`](super::scores)), which tell even
//!    when nothing lies beyond the limit, and from the bad values themselves; of both a careful quantile of what they
//!    leave possible ([`level`](crate::stats::levels)). A short run leaves much possible, so that it settles little.
//! 2. What that means in the tail is Plackett's integral: seconds whose means resemble each other much may resemble
//!    each other little in what lies beyond the 99th percentile ([`common`](super::common)).
//! 3. The limits of the share are those of Clopper and Pearson for the values, and of a normal level; on the probit
//!    scale, where a level moves every share alike, the distances of the two add up as squares (Zou and Donner,
//!    Construction of confidence limits about effect measures: a general approach, 2008).
//!
//! Errors may have a level of their own, which latencies do not show, and few errors show little of it. So for events
//! the level is assumed to wander as the bad values leave possible, rarely by more than [`LIKENESS`] of the variance.
//! What no run can show is not in it: an outage that comes once an hour is not seen in five minutes.
//!
//! How often this is wrong, and how often it finds what is there, is measured by `bench/calibration` on runs whose
//! truth is known. The quantiles below are chosen by it: at a truth exactly on the limit neither side is `certain` in
//! more than 1 % of runs, nor at least `likely` in more than 10 %, and of runs that go on for as long as they say four
//! of five are `certain` then.

use super::common::Chance;
use super::constants::{FEWEST_SECONDS, LIKENESS};
use super::likeness::{assumed_likeness, likeness_after, likeness_of_bad, likeness_of_scores};
use super::scores::{MOST_STRETCHES, Resemblance};
use crate::stats::{normal_cdf, normal_quantile};

/// How sure it is that a share would lie on the same side of its limit again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The limit is within what chance does.
    Open,
    /// A truth exactly on the limit looks like this in at most 10 % of runs, for each side.
    Likely,
    /// A truth exactly on the limit looks like this in at most 1 % of runs, for each side.
    Certain,
}

/// What a share says of the next run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inference {
    /// How sure it is that the share would lie on the same side of the limit again.
    pub certainty: Certainty,
    /// The share of bad values that was counted, from 0 to 1.
    pub share: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
    /// How many independent values the run is worth.
    pub effective: f64,
    /// How many of its values count for one; at least 1.
    pub design_effect: f64,
    /// After how many more seconds of the same load it would be certain, in four of five runs that are told so; `None`
    /// when it is, and when the limit is too close to the share to tell.
    pub more: Option<f64>,
}

/// What is counted, and what is known of how it clusters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted<'r> {
    /// Latencies beyond a limit, with the resemblance of just these latencies.
    Latencies(&'r Resemblance),
    /// Errors, misses and the like, with the resemblance of the latencies of the same requests, if there are any.
    Events(Option<&'r Resemblance>),
}

/// The chance of being wrong for each side: 99 % lie between.
const CERTAIN: f64 = 0.005;
const LIKELY: f64 = 0.1;
/// The quantile of what the scores leave possible.
const OF_SCORES: f64 = 0.92;
/// The quantile of what bad latencies leave possible: their scores have told already, so this is no more than a second
/// opinion.
const OF_BAD: f64 = 0.5;
/// The quantile of what events leave possible.
const OF_EVENTS: f64 = 0.94;
/// How careful the guess is of how much more is needed.
#[derive(Clone, Copy)]
struct Caution {
    /// The part of runs that may be luckier than this one is taken to be.
    lucky: f64,
    /// The part of the longer runs that may be so unlucky that it takes even more.
    unlucky: f64,
    /// How much of the variance of a value a level may have that this run did not show.
    unseen: f64,
}

/// Of latencies: their scores show how the level moves.
const OF_LATENCIES: Caution = Caution { lucky: 0.25, unlucky: 0.3, unseen: 0.15 };
/// Of events: few of them show little.
const OF_FEW: Caution = Caution { lucky: 0.18, unlucky: 0.2, unseen: LIKENESS };
/// More than so many times the run is no advice.
const MOST_TIMES: f64 = 1000.0;

/// Whether the share of `bad` among `total` values, both by the second, would lie on the same side of what is
/// `permitted` (above 0 and below 1) again. `windows` says of how many stretches that do not overlap this is the worst;
/// 1 for a whole run. Seconds without values may be left out.
///
/// `None` without values.
pub(crate) fn certainty(
    seconds: &[(u64, u64)],
    counted: Counted<'_>,
    permitted: f64,
    windows: f64,
) -> Option<Inference> {
    let width = match counted {
        Counted::Latencies(scores) | Counted::Events(Some(scores)) => scores.width,
        Counted::Events(None) => seconds.len().div_ceil(MOST_STRETCHES).next_power_of_two(),
    };
    let stretches: Vec<(f64, f64)> = seconds
        .chunks(width)
        .map(|stretch| stretch.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.0 as f64, sum.1 + s.1 as f64)))
        .filter(|(_, total)| *total > 0.0)
        .collect();
    let (bad, total) = stretches.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
    if total <= 0.0 {
        return None;
    }
    let likeness = match counted {
        _ if seconds.len() < FEWEST_SECONDS => assumed_likeness(&stretches),
        Counted::Latencies(scores) => likeness_of_scores(scores, &stretches, permitted, OF_SCORES)
            .max(likeness_of_bad(&stretches, None, OF_BAD)),
        Counted::Events(scores) => scores
            .map_or(0.0, |scores| likeness_of_scores(scores, &stretches, permitted, OF_SCORES))
            .max(likeness_of_bad(&stretches, Some(LIKENESS), OF_EVENTS)),
    };
    let chance = Chance { bad, total, likeness };
    let caution = if matches!(counted, Counted::Latencies(_)) { OF_LATENCIES } else { OF_FEW };
    Some(inference(&chance, caution, (seconds.len(), stretches.len()), permitted, windows.max(1.0)))
}

/// What a share says of the time after it, where all that is known is how many values were bad, and how many there
/// were, in stretches of one length, as of a service's counters: the inference of a run's events, whose `more` is in
/// such stretches.
///
/// `permitted` is a share above 0 and below 1; `None` without values.
pub fn infer_share(stretches: &[(u64, u64)], permitted: f64) -> Option<Inference> {
    certainty(stretches, Counted::Events(None), permitted.clamp(1e-9, 1.0 - 1e-9), 1.0)
}

fn inference(
    chance: &Chance,
    caution: Caution,
    (seconds, stretches): (usize, usize),
    permitted: f64,
    windows: f64,
) -> Inference {
    let side = Side { passes: chance.share() <= permitted * (1.0 + 1e-9), permitted };
    let (low, high) = (chance.low(CERTAIN / windows), chance.high(CERTAIN / windows));
    let settled = if side.passes { high <= permitted } else { low > permitted };
    let certainty = if settled && seconds >= FEWEST_SECONDS {
        Certainty::Certain
    } else if settled || side.is_clear(chance, LIKELY / windows) {
        Certainty::Likely
    } else {
        Certainty::Open
    };
    let missing = FEWEST_SECONDS.saturating_sub(seconds) as f64;
    let more = match certainty {
        Certainty::Certain => None,
        _ if settled => Some(missing),
        _ => side
            .times(chance, caution, stretches, CERTAIN / windows)
            .map(|times| (seconds as f64 * (times - 1.0)).max(missing)),
    };
    let design_effect = chance.design_effect();
    Inference {
        certainty,
        share: chance.share(),
        low,
        high,
        effective: chance.total / design_effect,
        design_effect,
        more: more.map(f64::ceil),
    }
}

/// The side of the limit that a share lies on.
#[derive(Clone, Copy)]
struct Side {
    passes: bool,
    permitted: f64,
}

impl Side {
    /// Whether the limit is outside of what chance does, but with this probability.
    fn is_clear(self, chance: &Chance, tail: f64) -> bool {
        if self.passes { chance.high(tail) <= self.permitted } else { chance.low(tail) > self.permitted }
    }

    /// How many times as long a run would probably be clear: the truth is feared to be closer to the limit than this
    /// share, and what values have in common to fall as slowly as it does of a level that stays. `None` when the limit
    /// is too close to say.
    fn times(self, chance: &Chance, caution: Caution, stretches: usize, tail: f64) -> Option<f64> {
        let feared = if self.passes { chance.high(caution.lucky) } else { chance.low(caution.lucky) };
        if self.passes != (feared < self.permitted) {
            return None;
        }
        // The share of the longer run is by chance too, and may be this much nearer to the limit than the truth.
        let tail = 1.0 - normal_cdf(normal_quantile(1.0 - tail) + normal_quantile(1.0 - caution.unlucky));
        let clear = |times: f64| {
            let likeness = likeness_after(chance.likeness, caution.unseen, stretches, times);
            self.is_clear(&chance.longer(times, feared, likeness), tail)
        };
        let (mut too_few, mut enough) = (1.0, 2.0);
        while !clear(enough) {
            too_few = enough;
            enough *= 2.0;
            if enough > MOST_TIMES {
                return None;
            }
        }
        for _ in 0..5 {
            let middle = f64::midpoint(too_few, enough);
            if clear(middle) {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        Some(enough)
    }
}

#[cfg(test)]
#[path = "certainty_tests.rs"]
mod tests;
