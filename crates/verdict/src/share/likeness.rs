//! How much the level of a whole run may have moved its values, as far as the run shows.
//!
//! Each level that a run leaves possible has a design effect: how many times the variance of a mean of independent
//! values its mean has. Stretches count by their values, so a second with many weighs more. Of the design effects of
//! all levels a quantile is taken by their probability.

use super::common::{likeness, seen};
use super::constants::LIKENESS;
use super::scores::Resemblance;
use crate::stats::{Level, levels, tail_correlation};

/// The probability of levels that wander by more than usual, before anything is seen of them.
const RARE: f64 = 0.1;
/// The correlation between neighbours of a level of which nothing is seen: it stays for some twenty seconds.
const ASSUMED: f64 = 0.95;

/// What is assumed of values of which nothing is seen.
pub(super) fn assumed_likeness(stretches: &[(f64, f64)]) -> f64 {
    let total: f64 = stretches.iter().map(|(_, total)| total).sum();
    LIKENESS * lasting_part(stretches, total, ASSUMED)
}

/// Of the scores of latencies: at the quantile `q`, for a limit beyond which a share of `permitted` lies.
pub(super) fn likeness_of_scores(
    scores: &Resemblance,
    stretches: &[(f64, f64)],
    permitted: f64,
    q: f64,
) -> f64 {
    if scores.levels.is_empty() {
        return assumed_likeness(stretches);
    }
    let total: f64 = stretches.iter().map(|(_, total)| total).sum();
    let typical = total / stretches.len() as f64;
    let effects = design_effects(&scores.levels, stretches, total, |level| {
        // What the noise has too much differs between seconds as well, only without lasting.
        let between = level.noise * level.ratio + (level.noise - 1.0).max(0.0) / typical;
        let alike = between / (between + level.noise.min(1.0));
        if alike < 1e-6 { 0.0 } else { tail_correlation(permitted, alike) / alike }
    });
    of_effect(permitted, quantile(effects, q), total)
}

/// Of the bad values themselves, at the quantile `q`. With `usual` levels that have more than this part of the variance
/// are rare, and one that has just so much is assumed of a run without bad values; without it, such a run has nothing
/// in common.
pub(super) fn likeness_of_bad(stretches: &[(f64, f64)], usual: Option<f64>, q: f64) -> f64 {
    let (bad, total) = stretches.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
    let share = bad / total;
    let deviation = (share * (1.0 - share)).sqrt();
    let seen = seen(bad, total);
    if deviation <= 0.0 {
        return usual.map_or(0.0, |_| assumed_likeness(stretches));
    }
    let (averages, counts): (Vec<f64>, Vec<f64>) =
        stretches.iter().map(|(bad, total)| ((bad / total - share) / deviation, *total)).unzip();
    let mut levels = levels(&averages, &counts);
    if let Some(usual) = usual {
        make_rare(&mut levels, tail_correlation(seen, usual));
    }
    of_effect(seen, quantile(design_effects(&levels, stretches, total, |_| 1.0), q), total)
}

/// Lowers the probability of levels of more than the usual ratio, so that they had [`RARE`] of it before anything was
/// seen.
fn make_rare(levels: &mut [Level], usual: f64) {
    let is_rare = |level: &Level| level.ratio > usual;
    let before = |rare: bool| {
        levels.iter().filter(|level| is_rare(level) == rare).map(|level| level.before).sum::<f64>()
    };
    let (often, rare) = (before(false), before(true));
    let factor = RARE / (1.0 - RARE) * often / rare.max(f64::MIN_POSITIVE);
    levels.iter_mut().filter(|level| is_rare(level)).for_each(|level| level.probability *= factor.min(1.0));
}

fn of_effect(beyond: f64, effect: f64, total: f64) -> f64 {
    likeness(beyond, (effect - 1.0) / (total - 1.0).max(1.0))
}

/// The design effect of each level, and its probability. `in_tail` says how much of it is left of values that are only
/// counted as bad or not.
fn design_effects(
    levels: &[Level],
    stretches: &[(f64, f64)],
    total: f64,
    in_tail: impl Fn(&Level) -> f64,
) -> Vec<(f64, f64)> {
    let mut known: Vec<(f64, f64)> = Vec::new();
    let effect = |level: &Level| {
        let found = known
            .iter()
            .find(|(persistence, _)| *persistence == level.persistence)
            .map(|(_, lasting)| *lasting);
        let lasting = if let Some(lasting) = found {
            lasting
        } else {
            let lasting = lasting_part(stretches, total, level.persistence);
            known.push((level.persistence, lasting));
            lasting
        };
        let excess = level.noise * (1.0 + level.ratio * total * lasting) - 1.0;
        (1.0 + excess.max(0.0) * in_tail(level), level.probability)
    };
    // What is as improbable as that moves no quantile.
    levels.iter().filter(|level| level.probability > 1e-6).map(effect).collect()
}

/// What the mean of so many times as many stretches has in common, if this many have `likeness`: it falls as slowly as
/// it does of a level that stays, and such a level, of the `unseen` part of the variance, may not have shown.
pub(super) fn likeness_after(likeness: f64, unseen: f64, stretches: usize, times: f64) -> f64 {
    let after = lasting(stretches as f64 * times);
    (likeness / lasting(stretches as f64)).max(unseen) * after
}

/// The lasting part of the assumed level in so many stretches with equally many values.
fn lasting(stretches: f64) -> f64 {
    let rest = 1.0 - ASSUMED;
    ((1.0 + ASSUMED) / rest - 2.0 * ASSUMED * (1.0 - ASSUMED.powf(stretches)) / (stretches * rest * rest))
        / stretches
}

/// How much of a level's variance is left in the mean of all values.
fn lasting_part(stretches: &[(f64, f64)], total: f64, persistence: f64) -> f64 {
    let (mut before, mut sum) = (0.0, 0.0);
    for (_, count) in stretches {
        let weight = count / total;
        before *= persistence;
        sum += weight * (weight + 2.0 * before);
        before += weight;
    }
    sum
}

/// The value that is not exceeded with a probability of `q`, between two values on a logarithmic scale.
fn quantile(mut values: Vec<(f64, f64)>, q: f64) -> f64 {
    values.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let wanted = q * values.iter().map(|(_, probability)| probability).sum::<f64>();
    let (mut below, mut passed) = (1.0_f64, 0.0);
    for (value, probability) in values {
        if passed + probability >= wanted && probability > 0.0 {
            let way = ((wanted - passed) / probability).clamp(0.0, 1.0);
            return (below.ln() + way * (value.ln() - below.ln())).exp();
        }
        (below, passed) = (value, passed + probability);
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_never_changes_is_left_whole() {
        let seconds = [(0.0, 10.0); 50];
        assert!((lasting_part(&seconds, 500.0, 1.0) - 1.0).abs() < 1e-12);
        assert!((lasting_part(&seconds, 500.0, 0.0) - 1.0 / 50.0).abs() < 1e-12);
        // The mean of r ** abs(i - j) over all i, j below 50, r = 0.7.
        assert!((lasting_part(&seconds, 500.0, ASSUMED) - lasting(50.0)).abs() < 1e-12);
        assert!((lasting_part(&seconds, 500.0, 0.7) - 0.107_111_111_223_014_5).abs() < 1e-12);
    }

    #[test]
    fn the_quantile_lies_between_values() {
        let values = vec![(4.0, 0.5), (1.0, 0.5)];
        assert!((quantile(values.clone(), 0.75) - 2.0).abs() < 1e-12);
        assert_eq!(quantile(values.clone(), 1.0), 4.0);
        assert_eq!(quantile(values, 0.5), 1.0);
    }

    #[test]
    fn bad_values_that_come_in_bursts_have_something_in_common() {
        let spread: Vec<(f64, f64)> = (0..600).map(|second| (f64::from(second % 2), 10.0)).collect();
        let burst: Vec<(f64, f64)> =
            (0..600).map(|second| (if second / 60 == 4 { 5.0 } else { 0.0 }, 10.0)).collect();
        let effect = |stretches: &[(f64, f64)]| likeness_of_bad(stretches, None, 0.5);
        assert!(effect(&spread) < 1e-5, "{}", effect(&spread));
        assert!(effect(&burst) > 0.01, "{}", effect(&burst));
        assert_eq!(effect(&[(0.0, 10.0); 20]), 0.0);
        assert!(likeness_of_bad(&[(0.0, 10.0); 20], Some(0.25), 0.95) > 0.01);
    }
}
