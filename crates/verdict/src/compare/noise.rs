//! What a set-up can tell: how often it fails a build against itself, the smallest slowdown that it finds, and how many
//! rounds a certain slowdown takes.

use std::collections::HashMap;

use loadline_measure::{Figure, FigureScale};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::evidence::{by_round, evidence};
use super::rounds::Gate;
use super::row::Rounds;
use crate::stats::{Paired, Spending, t_quantile};

/// Comparisons that are drawn to estimate a rate.
const DRAWS: usize = 4_000;
/// … the same every time.
const SEED: u64 = 1;
/// How sure one wants to be to find a slowdown that is there.
const POWER: f64 = 0.8;
/// The slowdowns of which it is said how many rounds they take.
pub const EFFECTS: [f64; 3] = [0.05, 0.1, 0.2];
/// More rounds than these nobody runs.
const MOST_ROUNDS: usize = 4_000;

/// What comparing a build with itself has shown of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseFloor {
    /// The standard deviation of a round's log ratio, about that of the ratio; of shares, of their difference.
    pub deviation: f64,
    /// The share of comparisons of so many rounds, drawn from these, that would fail by this figure.
    pub false_positives: f64,
    /// The change that is found in four of five comparisons at the first look; of shares, in shares.
    pub smallest_effect: f64,
    /// … and at the last look, when all rounds of the plan are run.
    pub smallest_effect_at_most: f64,
    /// How many rounds find each of [`EFFECTS`] in four of five comparisons, judged once, with a delta of at most half
    /// of it. Nothing for shares, and where nobody would wait for it.
    pub rounds_for: [Option<usize>; EFFECTS.len()],
}

/// The noise floors of all figures of a set-up.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseFloors {
    /// Each figure with its floor.
    pub figures: Vec<(Rounds, NoiseFloor)>,
    /// The share of comparisons, drawn from these rounds, that would fail by any figure.
    pub false_positives: f64,
    /// How many were drawn.
    pub draws: usize,
}

impl NoiseFloors {
    /// As figures, to be kept: the deviation of each, on as many rounds as it has values.
    pub fn kept(&self) -> Vec<Figure> {
        let kept = self.figures.iter().map(|(rounds, floor)| Figure {
            subject: rounds.subject.clone(),
            quantity: rounds.quantity.clone(),
            value: floor.deviation,
            scale: rounds.scale.clone(),
            values: by_round(rounds).0.iter().flatten().count() as u64,
        });
        kept.collect()
    }
}

/// The noise floors of rounds in which both sides were the same build.
pub fn noise_floors(figures: &[Rounds], plan: &Spending, gate: &Gate) -> NoiseFloors {
    let known: Vec<(&Rounds, Paired)> =
        figures.iter().filter_map(|figure| Some((figure, evidence(figure)?))).collect();
    let drawing: Vec<Drawing> =
        known.iter().map(|(figure, paired)| Drawing::of(figure, paired, gate)).collect();
    let (each, any) = false_positives(&drawing, plan, gate);
    let family = known.len();
    let floors = known.iter().zip(each).map(|((figure, paired), false_positives)| {
        let deviation = paired.error * (paired.count as f64).sqrt();
        let effect = |look: usize| {
            let rounds = plan.looks().get(look).copied().unwrap_or(2);
            let level = plan.share(look, gate.level) / family as f64;
            beyond(&figure.scale, gate, reach(level, rounds) * deviation)
        };
        let floor = NoiseFloor {
            deviation,
            false_positives,
            smallest_effect: effect(0),
            smallest_effect_at_most: effect(plan.looks().len().saturating_sub(1)),
            rounds_for: EFFECTS.map(|effect| rounds_for(&figure.scale, effect, deviation, gate, family)),
        };
        ((*figure).clone(), floor)
    });
    NoiseFloors { figures: floors.collect(), false_positives: any, draws: DRAWS }
}

/// How many deviations of a round a change has to be beyond what does not matter, to be found so often.
fn reach(level: f64, rounds: usize) -> f64 {
    let freedom = rounds.max(2) as f64 - 1.0;
    (t_quantile(1.0 - level, freedom) + t_quantile(POWER, freedom)) / (rounds.max(2) as f64).sqrt()
}

fn beyond(scale: &FigureScale, gate: &Gate, worse: f64) -> f64 {
    let worse = gate.margin(scale) + worse;
    if scale.by_difference() { worse } else { worse.exp_m1() }
}

fn rounds_for(scale: &FigureScale, effect: f64, deviation: f64, gate: &Gate, family: usize) -> Option<usize> {
    if scale.by_difference() {
        return None;
    }
    let room = effect.ln_1p() - gate.delta.min(effect / 2.0).ln_1p();
    let level = gate.level / family as f64;
    // It takes fewer deviations with every round more.
    let enough = |rounds: usize| reach(level, rounds) * deviation <= room;
    if !enough(MOST_ROUNDS) {
        return None;
    }
    let (mut too_few, mut many) = (1, MOST_ROUNDS);
    while many - too_few > 1 {
        let middle = usize::midpoint(too_few, many);
        *if enough(middle) { &mut many } else { &mut too_few } = middle;
    }
    Some(many)
}

/// What is drawn from of one figure.
struct Drawing {
    rounds: Vec<Option<f64>>,
    margin: f64,
    /// The least deviation of a round that its error is taken for.
    floor: f64,
}

impl Drawing {
    fn of(figure: &Rounds, paired: &Paired, gate: &Gate) -> Self {
        let rounds = by_round(figure).0;
        let raw: Vec<f64> = rounds.iter().copied().flatten().collect();
        let raised = Paired::of(&raw).is_some_and(|raw| raw.error < paired.error);
        let floor = if raised { paired.error * (paired.count as f64).sqrt() } else { 0.0 };
        Self { rounds, margin: gate.margin(&figure.scale), floor }
    }
}

/// Draws whole comparisons from the rounds: the share that fails by each figure, and by any. Either side may have been
/// called base, so each round's sign is drawn, too; the figures of a round stay together.
fn false_positives(figures: &[Drawing], plan: &Spending, gate: &Gate) -> (Vec<f64>, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let all = figures.iter().map(|figure| figure.rounds.len()).max().unwrap_or(0);
    let (mut each, mut any) = (vec![0_usize; figures.len()], 0_usize);
    if all == 0 {
        return (vec![0.0; figures.len()], 0.0);
    }
    // The first to fail has to stand Holm's correction for all.
    let mut limits: HashMap<(usize, usize), f64> = HashMap::new();
    for _ in 0..DRAWS {
        let mut sums = vec![(0.0_f64, 0.0_f64, 0_usize); figures.len()];
        let (mut failed, mut drawn) = (vec![false; figures.len()], 0);
        for (look, rounds) in plan.looks().iter().enumerate() {
            while drawn < *rounds {
                drawn += 1;
                let (round, sign) =
                    (random.random_range(0..all), if random.random_bool(0.5) { 1.0 } else { -1.0 });
                for (figure, (sum, squares, count)) in figures.iter().zip(&mut sums) {
                    let Some(Some(difference)) = figure.rounds.get(round) else { continue };
                    *sum += sign * difference;
                    *squares += difference * difference;
                    *count += 1;
                }
            }
            for ((figure, (sum, squares, count)), failed) in figures.iter().zip(&sums).zip(&mut failed) {
                if *count < 2 || *failed {
                    continue;
                }
                let number = *count as f64;
                let mean = sum / number;
                let deviation = ((squares - number * mean * mean).max(0.0) / (number - 1.0)).sqrt();
                let limit = *limits.entry((look, *count)).or_insert_with(|| {
                    t_quantile(1.0 - plan.share(look, gate.level) / figures.len() as f64, number - 1.0)
                });
                let error = deviation.max(figure.floor) / number.sqrt();
                *failed = mean - figure.margin > limit * error;
            }
            if failed.contains(&true) {
                break;
            }
        }
        any += usize::from(failed.contains(&true));
        for (count, failed) in each.iter_mut().zip(&failed) {
            *count += usize::from(*failed);
        }
    }
    let share = |count: usize| count as f64 / DRAWS as f64;
    (each.into_iter().map(share).collect(), share(any))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(size: f64) -> Rounds {
        Rounds {
            base: vec![100.0; 24],
            head: (0..24).map(|n| 100.0 * (size * (f64::from(n) * 2.39).sin()).exp()).collect(),
            ..Rounds::new("search", "p95", &FigureScale::LATENCY)
        }
    }

    #[test]
    fn quiet_set_ups_find_more() {
        let plan = Spending::new(12, 48);
        let floors = noise_floors(&[rounds(0.01), rounds(0.2)], &plan, &Gate::default());
        let [(_, quiet), (_, noisy)] = floors.figures.as_slice() else { panic!("{floors:?}") };
        assert!(quiet.smallest_effect < 0.08 && noisy.smallest_effect > 0.2, "{quiet:?} {noisy:?}");
        assert!(noisy.smallest_effect_at_most < noisy.smallest_effect);
        assert!(noisy.false_positives < 0.01 && quiet.false_positives == 0.0);
        assert!(floors.false_positives >= noisy.false_positives && floors.false_positives < 0.01);
        let one =
            Rounds { base: vec![1.0], head: vec![1.1], ..Rounds::new("a", "p95", &FigureScale::LATENCY) };
        assert!(noise_floors(&[one], &plan, &Gate::default()).figures.is_empty());
        let kept = floors.kept();
        assert_eq!((kept[1].value.to_bits(), kept[1].values), (noisy.deviation.to_bits(), 24));
    }

    #[test]
    fn larger_slowdowns_take_fewer_rounds() {
        let floors = noise_floors(&[rounds(0.05), rounds(5.0)], &Spending::new(12, 48), &Gate::default());
        let [five, ten, twenty] = floors.figures[0].1.rounds_for.map(Option::unwrap);
        assert!(five > ten && ten > twenty && twenty >= 2, "{five} {ten} {twenty}");
        // It is the smallest number that is enough: at that number the change is found, at one less it is not.
        let (deviation, room) = (floors.figures[0].1.deviation, 1.1_f64.ln() - 1.05_f64.ln());
        assert!(reach(0.0025, ten) * deviation <= room && reach(0.0025, ten - 1) * deviation > room);
        assert_eq!(floors.figures[1].1.rounds_for, [None; 3]);
    }

    #[test]
    fn a_build_that_never_fails_has_a_floor_of_errors_too() {
        let errors = |values| Rounds {
            base: vec![0.0; 12],
            head: vec![0.0; 12],
            base_values: vec![values; 12],
            head_values: vec![values; 12],
            ..Rounds::new("all requests", "errors", &FigureScale::ERRORS)
        };
        let floors = noise_floors(&[errors(10), errors(10_000)], &Spending::new(12, 48), &Gate::default());
        let [few, many] = [0, 1].map(|at| floors.figures[at].1.smallest_effect);
        assert!(few > 0.02 && many < 0.006, "{few} {many}");
    }
}
