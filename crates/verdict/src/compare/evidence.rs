//! What rounds say of one figure: by how much the head is worse in each, and how sure the mean of that is.
//!
//! Two things would fool a paired test. A round in which a build did nothing at all has no logarithm, and leaving it
//! out would judge a build that falls silent in every second round by the others: nothing counts as half an answer. And
//! where nothing failed the rounds agree to the last digit, which says as little as there were requests: the error is
//! never less than what so many requests can tell.
//!
//! Source: Agresti and Caffo, Simple and effective confidence intervals for proportions, The American Statistician
//! 2000; Anscombe, On estimating binomial response relations, Biometrika 1956, for the half.

use loadline_measure::FigureUnit;

use super::row::Rounds;
use super::scaled::Scaled as _;
use crate::stats::Paired;

/// What counts instead of nothing.
const HALF: f64 = 0.5;

/// By how much the head is worse, over all rounds that have the figure; `None` for fewer than two.
pub(super) fn evidence(figure: &Rounds) -> Option<Paired> {
    let (by_round, silent) = by_round(figure);
    let differences: Vec<f64> = by_round.into_iter().flatten().collect();
    let paired = Paired::of(&differences)?;
    let floor = if figure.scale.by_difference() {
        error_of_shares(figure)
    } else if silent {
        error_of_counts(figure)
    } else {
        0.0
    };
    Some(Paired { error: paired.error.max(floor), ..paired })
}

/// By how much the head is worse in each round, logarithms of ratios or differences of shares; and whether a build did
/// nothing in one of them. A round without a figure of either build says nothing of their ratio.
pub(super) fn by_round(figure: &Rounds) -> (Vec<Option<f64>>, bool) {
    let mut silent = false;
    let pairs = figure.base.iter().zip(&figure.head).enumerate();
    let differences = pairs.map(|(round, (base, head))| {
        let (mut base, mut head) = (*base, *head);
        if figure.scale.unit == FigureUnit::PerSecond {
            let values = |list: &[u64]| list.get(round).copied().unwrap_or(0).max(1) as f64;
            if head == 0.0 && base > 0.0 {
                (head, silent) = (base * HALF / values(&figure.base_values), true);
            } else if base == 0.0 && head > 0.0 {
                (base, silent) = (head * HALF / values(&figure.head_values), true);
            }
        }
        Some(figure.scale.worse(base, head)).filter(|difference| difference.is_finite())
    });
    (differences.collect(), silent)
}

/// The standard error of a difference of two shares of so many requests, one more failed and one more not.
fn error_of_shares(figure: &Rounds) -> f64 {
    let of = |shares: &[f64], values: &[u64]| {
        let known = shares.iter().zip(values).filter(|(share, _)| share.is_finite());
        known.fold((0.0, 0.0), |(failed, all), (share, values)| {
            (failed + share * *values as f64, all + *values as f64)
        })
    };
    let (base, head) = (of(&figure.base, &figure.base_values), of(&figure.head, &figure.head_values));
    error_of_two_shares(base, head, 1.0)
}

/// As above, from (failed, all) of each; `alike` requests tell as much as one.
pub(super) fn error_of_two_shares(base: (f64, f64), head: (f64, f64), alike: f64) -> f64 {
    if base.1 <= 0.0 || head.1 <= 0.0 {
        return 0.0;
    }
    let share = (base.0 + head.0 + 1.0) / (base.1 + head.1 + 2.0);
    (share * (1.0 - share) * alike * (1.0 / base.1 + 1.0 / head.1)).max(0.0).sqrt()
}

/// The standard error of the mean log ratio of counts, as events that come by themselves have it.
fn error_of_counts(figure: &Rounds) -> f64 {
    let values = |list: &[u64], round: usize| list.get(round).copied().unwrap_or(0) as f64 + HALF;
    let rounds = figure.base.len();
    let variance: f64 = (0..rounds)
        .map(|round| 1.0 / values(&figure.base_values, round) + 1.0 / values(&figure.head_values, round))
        .sum();
    variance.sqrt() / rounds.max(1) as f64
}
