//! The gate: two builds that took turns, compared by rounds.
//!
//! A figure of one round (its p95, its throughput) is one observation of each build. What is judged is the ratio of the
//! two in the same round, so that whatever slows a machine down for minutes slows both. The gate fails only when the
//! ratio is beyond 1 + δ for certain, passes only when it is certainly not, and asks for more rounds otherwise. Many
//! figures are asked about at once; Holm's procedure keeps the chance that any of them fails by accident at the level.
//!
//! Shares of errors are compared by their difference, because they are mostly zero.

use loadline_measure::FigureScale;

use super::evidence::evidence;
use super::row::Rounds;
use super::scaled::Scaled as _;
use crate::stats::{Paired, holm};
use crate::verdict::Outcome;

/// When a change matters, and how sure one wants to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// A change up to this does not matter: 0.05 for 5 %.
    pub delta: f64,
    /// A change of an error share up to this does not matter.
    pub share_delta: f64,
    /// The chance of a false fail, and of a false pass, at this look.
    pub level: f64,
}

impl Gate {
    /// By how much a figure may be worse before it matters, as [`Scaled::worse`] has it.
    pub(super) fn margin(&self, scale: &FigureScale) -> f64 {
        if scale.by_difference() { self.share_delta } else { self.delta.ln_1p() }
    }
}

impl Default for Gate {
    /// 5 %, half a percentage point of errors, and both sides of a 99 % interval.
    fn default() -> Self {
        Self { delta: 0.05, share_delta: 0.005, level: 0.005 }
    }
}

/// What became of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What it is of.
    pub subject: String,
    /// The figure.
    pub quantity: String,
    /// In what it is counted, and which way it is better.
    pub scale: FigureScale,
    /// The base's typical figure.
    pub base: f64,
    /// The head's.
    pub head: f64,
    /// The head's to the base's, as a ratio; for shares, the difference.
    pub change: f64,
    /// The interval of the change.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How often such an interval holds the true change.
    pub confidence: f64,
    /// The chance of such figures if the change did not matter, corrected for all that were asked about.
    pub p: f64,
    /// How many rounds.
    pub rounds: usize,
    /// What came out.
    pub outcome: Outcome,
}

/// Compares all figures of a set of rounds.
pub fn compare_rounds(figures: &[Rounds], gate: &Gate) -> Vec<Comparison> {
    let paired: Vec<Option<Paired>> = figures.iter().map(evidence).collect();
    let known = figures.iter().zip(&paired).filter_map(|(figure, paired)| Some((figure, paired.as_ref()?)));
    let p: Vec<f64> = known.map(|(figure, paired)| paired.p_above(gate.margin(&figure.scale))).collect();
    let mut adjusted = holm(&p).into_iter();
    let compared = figures.iter().zip(paired).map(|(figure, paired)| {
        let Some(paired) = paired else { return nothing(figure) };
        let p = adjusted.next().unwrap_or(1.0);
        let (outcome, margin) = (Outcome::Inconclusive, gate.margin(&figure.scale));
        let outcome = if p <= gate.level {
            Outcome::Fail
        } else if paired.p_below(margin) <= gate.level {
            Outcome::Pass
        } else {
            outcome
        };
        let confidence = 1.0 - 2.0 * gate.level;
        let (low, high) = paired.interval(confidence);
        let change = |worse: f64| figure.scale.change(worse);
        let (first, second) = (change(low), change(high));
        Comparison {
            subject: figure.subject.clone(),
            quantity: figure.quantity.clone(),
            scale: figure.scale.clone(),
            base: typical(&figure.base),
            head: typical(&figure.head),
            change: change(paired.typical),
            low: first.min(second),
            high: first.max(second),
            confidence,
            p,
            rounds: paired.count,
            outcome,
        }
    });
    compared.collect()
}

/// The verdict on all figures: the worst of any.
pub fn worst(comparisons: &[Comparison]) -> Outcome {
    let has = |outcome| comparisons.iter().any(|comparison| comparison.outcome == outcome);
    if has(Outcome::Fail) {
        Outcome::Fail
    } else if comparisons.iter().all(|one| one.outcome == Outcome::NoData) {
        Outcome::NoData
    } else if has(Outcome::Inconclusive) {
        Outcome::Inconclusive
    } else {
        Outcome::Pass
    }
}

fn typical(figures: &[f64]) -> f64 {
    let finite: Vec<f64> = figures.iter().copied().filter(|figure| figure.is_finite()).collect();
    if finite.is_empty() { f64::NAN } else { crate::stats::hodges_lehmann(&finite) }
}

fn nothing(figure: &Rounds) -> Comparison {
    Comparison {
        subject: figure.subject.clone(),
        quantity: figure.quantity.clone(),
        scale: figure.scale.clone(),
        base: typical(&figure.base),
        head: typical(&figure.head),
        change: f64::NAN,
        low: f64::NAN,
        high: f64::NAN,
        confidence: 0.0,
        p: 1.0,
        rounds: 0,
        outcome: Outcome::NoData,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(scale: &FigureScale, base: &[f64], factor: f64) -> Rounds {
        let wobble = [1.004, 0.997, 1.001, 0.996, 1.003, 0.999];
        Rounds {
            base: base.to_vec(),
            head: base
                .iter()
                .zip(wobble.iter().cycle())
                .map(|(base, wobble)| base * factor * wobble)
                .collect(),
            ..Rounds::new("search", "p95", scale)
        }
    }

    const BASE: [f64; 12] = [10.0, 14.0, 11.0, 10.5, 19.0, 10.1, 12.0, 11.5, 10.9, 13.0, 10.2, 10.8];

    #[test]
    fn rounds_that_swing_together_do_not_hide_a_change() {
        for (factor, expected) in
            [(1.10, Outcome::Fail), (1.0, Outcome::Pass), (0.9, Outcome::Pass), (1.05, Outcome::Inconclusive)]
        {
            let compared = compare_rounds(&[rounds(&FigureScale::LATENCY, &BASE, factor)], &Gate::default());
            assert_eq!(compared[0].outcome, expected, "{compared:?}");
            assert!((compared[0].change - factor).abs() < 0.01);
            assert!(compared[0].low <= compared[0].change && compared[0].change <= compared[0].high);
        }
    }

    #[test]
    fn less_throughput_is_worse_and_more_is_not() {
        let fail = compare_rounds(&[rounds(&FigureScale::THROUGHPUT, &BASE, 0.9)], &Gate::default());
        assert_eq!(fail[0].outcome, Outcome::Fail);
        assert!(fail[0].change < 0.91);
        let pass = compare_rounds(&[rounds(&FigureScale::THROUGHPUT, &BASE, 1.2)], &Gate::default());
        assert_eq!(pass[0].outcome, Outcome::Pass);
    }

    #[test]
    fn errors_are_compared_by_difference() {
        let errors = Rounds { head: vec![0.03; 12], ..rounds(&FigureScale::ERRORS, &[0.0; 12], 1.0) };
        assert_eq!(compare_rounds(&[errors], &Gate::default())[0].outcome, Outcome::Fail);
        let none = rounds(&FigureScale::ERRORS, &[0.0; 12], 1.0);
        assert_eq!(compare_rounds(&[none], &Gate::default())[0].outcome, Outcome::Pass);
    }

    #[test]
    fn rounds_without_figures_are_no_data() {
        let empty = Rounds {
            base: vec![f64::NAN; 3],
            head: vec![1.0; 3],
            ..rounds(&FigureScale::LATENCY, &BASE, 1.0)
        };
        assert_eq!(compare_rounds(&[empty], &Gate::default())[0].outcome, Outcome::NoData);
    }

    #[test]
    fn many_questions_make_each_harder_to_fail() {
        let noisy = Rounds {
            head: BASE
                .iter()
                .zip([1.15, 1.02, 1.2, 1.05, 1.11, 1.18, 1.07, 1.2, 1.01, 1.12, 1.16, 1.09])
                .map(|(b, f)| b * f)
                .collect(),
            ..rounds(&FigureScale::LATENCY, &BASE, 1.0)
        };
        let alone = compare_rounds(std::slice::from_ref(&noisy), &Gate::default())[0].p;
        let mut family = vec![noisy];
        family.extend((0..9).map(|_| rounds(&FigureScale::LATENCY, &BASE, 1.0)));
        let among = compare_rounds(&family, &Gate::default())[0].p;
        assert!((among - 10.0 * alone).abs() < 1e-12 && alone < 0.01, "{alone} {among}");
    }

    fn counted(scale: &FigureScale, quantity: &str, base: &[(f64, u64)], head: &[(f64, u64)]) -> Rounds {
        let (base, head): (Vec<_>, Vec<_>) = (base.to_vec(), head.to_vec());
        Rounds {
            base: base.iter().map(|one| one.0).collect(),
            head: head.iter().map(|one| one.0).collect(),
            base_values: base.iter().map(|one| one.1).collect(),
            head_values: head.iter().map(|one| one.1).collect(),
            ..Rounds::new("/pay", quantity, scale)
        }
    }

    fn outcome(figure: Rounds) -> Outcome {
        compare_rounds(&[figure], &Gate::default())[0].outcome
    }

    #[test]
    fn no_errors_of_few_requests_prove_little() {
        let none =
            |values| counted(&FigureScale::ERRORS, "errors", &[(0.0, values); 12], &[(0.0, values); 12]);
        assert_eq!(outcome(none(1_000)), Outcome::Pass);
        assert_eq!(outcome(none(20)), Outcome::Inconclusive, "0 of 240 may well be 1 %");
        let half = counted(&FigureScale::ERRORS, "errors", &[(0.0, 20); 12], &[(0.5, 20); 12]);
        assert_eq!(outcome(half), Outcome::Fail);
    }

    #[test]
    fn a_head_that_answers_nothing_is_worse_and_not_without_figures() {
        let rate = |head: &[(f64, u64)]| counted(&FigureScale::THROUGHPUT, "rate", &[(50.0, 100); 12], head);
        assert_eq!(outcome(rate(&[(0.0, 0); 12])), Outcome::Fail);
        // Twelve requests that were not made may be chance.
        let seldom = counted(&FigureScale::THROUGHPUT, "rate", &[(0.5, 1); 12], &[(0.0, 0); 12]);
        assert_eq!(outcome(seldom), Outcome::Inconclusive);
        // One that does nothing in half of its rounds is not judged by the other half.
        let mut every_second = [(50.0, 100); 12];
        every_second.iter_mut().step_by(2).for_each(|round| *round = (0.0, 0));
        assert_ne!(outcome(rate(&every_second)), Outcome::Pass);
        let dying: Vec<(f64, u64)> = (0..24).map(|n| if n < 6 { (50.0, 100) } else { (0.0, 0) }).collect();
        let dying = counted(&FigureScale::THROUGHPUT, "rate", &[(50.0, 100); 24], &dying);
        assert_eq!(outcome(dying), Outcome::Fail);
        // The base's silence is nothing against the head.
        let new = counted(&FigureScale::THROUGHPUT, "rate", &[(0.0, 0); 12], &[(50.0, 100); 12]);
        assert_eq!(outcome(new), Outcome::Pass);
    }
}
