//! What a set-up can tell: how often it fails a build against itself, and the smallest slowdown that it finds.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::rounds::{Gate, Rounds};
use crate::stats::{Paired, Spending, t_quantile};

/// Comparisons that are drawn to estimate a rate.
const DRAWS: usize = 4_000;
/// … the same every time.
const SEED: u64 = 1;

/// What comparing a build with itself has shown of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseFloor {
    /// The standard deviation of a round's log ratio; about that of the ratio.
    pub deviation: f64,
    /// The share of comparisons of so many rounds, drawn from these, that would fail.
    pub false_positives: f64,
    /// The change that is found in four of five comparisons at the first look.
    pub smallest_effect: f64,
    /// … and at the last look, when all rounds of the plan are run.
    pub smallest_effect_at_most: f64,
}

/// The noise floor of each figure of rounds in which both sides were the same build. Those that are compared by their
/// difference have none: a build that does not fail has no errors to vary.
pub fn noise_floors<'r>(
    figures: &'r [Rounds],
    plan: &Spending,
    gate: &Gate,
) -> Vec<(&'r Rounds, NoiseFloor)> {
    let compared = figures.iter().filter(|figure| !figure.scale.by_difference());
    let floors = compared.filter_map(|figure| {
        let pairs = figure.base.iter().zip(&figure.head);
        let ratios: Vec<f64> =
            pairs.map(|(base, head)| (head / base).ln()).filter(|ratio| ratio.is_finite()).collect();
        Some((figure, noise_floor(&ratios, plan, gate, SEED)?))
    });
    floors.collect()
}

/// The noise floor from log ratios of rounds in which both sides were the same build; `None` for fewer than two.
fn noise_floor(log_ratios: &[f64], plan: &Spending, gate: &Gate, seed: u64) -> Option<NoiseFloor> {
    let paired = Paired::of(log_ratios)?;
    let deviation = paired.error * (log_ratios.len() as f64).sqrt();
    let effect = |look: usize| {
        let rounds = *plan.looks().get(look)? as f64;
        let level = plan.share(look, gate.level);
        let reach = (t_quantile(1.0 - level, rounds - 1.0) + t_quantile(0.8, rounds - 1.0)) * deviation;
        Some((gate.delta.ln_1p() + reach / rounds.sqrt()).exp_m1())
    };
    Some(NoiseFloor {
        deviation,
        false_positives: false_positives(log_ratios, plan, gate, seed),
        smallest_effect: effect(0)?,
        smallest_effect_at_most: effect(plan.looks().len() - 1)?,
    })
}

/// Draws whole comparisons from the rounds. Either side may have been called base, so each round's sign is drawn, too.
fn false_positives(log_ratios: &[f64], plan: &Spending, gate: &Gate, seed: u64) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let margin = gate.delta.ln_1p();
    let failed = (0..DRAWS)
        .filter(|_| {
            let mut drawn: Vec<f64> = Vec::new();
            plan.looks().iter().enumerate().any(|(look, rounds)| {
                while drawn.len() < *rounds {
                    let ratio = log_ratios[random.random_range(0..log_ratios.len())];
                    drawn.push(if random.random_bool(0.5) { ratio } else { -ratio });
                }
                Paired::of(&drawn)
                    .is_some_and(|paired| paired.p_above(margin) <= plan.share(look, gate.level))
            })
        })
        .count();
    failed as f64 / DRAWS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_set_ups_find_more() {
        let plan = Spending::new(12, 48);
        let rounds =
            |size: f64| -> Vec<f64> { (0..24).map(|n| size * ((f64::from(n) * 2.39).sin())).collect() };
        let quiet = noise_floor(&rounds(0.01), &plan, &Gate::default(), 1).unwrap();
        let noisy = noise_floor(&rounds(0.2), &plan, &Gate::default(), 1).unwrap();
        assert!(quiet.smallest_effect < 0.08 && noisy.smallest_effect > 0.2, "{quiet:?} {noisy:?}");
        assert!(noisy.smallest_effect_at_most < noisy.smallest_effect);
        assert!(noisy.false_positives < 0.01 && quiet.false_positives == 0.0);
        assert!(noise_floor(&[0.1], &plan, &Gate::default(), 1).is_none());
    }
}
