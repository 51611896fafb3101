//! What one more run of an unchanged build may come to, from runs of which some may be odd.
//!
//! A ratio's figures: values more than 5.5 deviations off the middle are set aside, those beyond 2.85 count as
//! that far, and the rest is as of a normal distribution: the prediction interval for one future observation (Hahn
//! and Meeker, Statistical Intervals, 1991, section 4.8), of logarithms. The deviation that decides is Qn (Rousseeuw
//! and Croux, JASA 1993), which half of the values cannot move. That some are drawn in makes the interval a little
//! narrow, which [`allowance`] makes up for; it is fitted to a hundred thousand samples of each length.
//!
//! A share stands on counts: a run has so many errors among so many requests, and its share of errors is one of a
//! distribution that earlier runs tell. The next run's number of errors is beta-binomial then. Where runs differ no
//! more than counts do, what is known is Jeffreys's posterior of all requests: no error in ten thousand requests leaves
//! one in the next thousand as likely as 5 in 100.

use loadline_measure::{Better, FigureScale};
use statrs::function::gamma::ln_gamma;

use super::rounds::Gate;
use super::scaled::Scaled as _;
use crate::slope::median;
use crate::stats::{normal_quantile, t_quantile};
use crate::trend::spread;

/// Beyond so many deviations a value is set aside …
const ASIDE: f64 = 5.5;
/// … and beyond so many it counts as so far.
const DRAWN_IN: f64 = 2.85;
/// Qn's factor for normal values: 1 / (√2 Φ⁻¹(5/8)).
const QN: f64 = 2.219_144_465_985_08;
/// Above so many errors counts are as good as normal.
const MANY: f64 = 5_000.0;

/// A figure of a run, and how many values it stands on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) value: f64,
    pub(super) values: u64,
}

/// What is expected of the next run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    /// The typical figure, on the scale of badness.
    typical: f64,
    /// How many runs it stands on.
    pub(super) runs: usize,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    /// Too few values to know how far they scatter.
    Unknown,
    /// Around a middle with a deviation, on the scale of badness, of so many values.
    Normal { middle: f64, deviation: f64, kept: usize },
    /// So many bad ones, and good ones, as if they had been seen.
    Counts { bad: f64, good: f64 },
}

impl Expected {
    /// From earlier runs; `None` when the scale has no place for any of them.
    pub(super) fn of(past: &[Seen], scale: &FigureScale) -> Option<Self> {
        let known: Vec<Seen> =
            past.iter().copied().filter(|seen| scale.badness(seen.value).is_finite()).collect();
        let badness: Vec<f64> = known.iter().map(|seen| scale.badness(seen.value)).collect();
        let middle = median(&mut badness.clone())?;
        let runs = known.len();
        if runs < 2 {
            return Some(Self { typical: middle, runs, how: How::Unknown });
        }
        if scale.by_difference()
            && known.iter().all(|seen| seen.values > 0 && (0.0..=1.0).contains(&seen.value))
        {
            let (bad, good) = counts(&known, scale.better == Better::Higher);
            return Some(Self { typical: middle, runs, how: How::Counts { bad, good } });
        }
        // Where most values are the same, by those that are not.
        let reach = match qn(&badness) {
            0.0 => spread(&badness, middle),
            reach => reach,
        };
        let kept: Vec<f64> = badness
            .iter()
            .filter(|value| (*value - middle).abs() <= ASIDE * reach)
            .map(|value| value.clamp(middle - DRAWN_IN * reach, middle + DRAWN_IN * reach))
            .collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let squares: f64 = kept.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
        Some(Self { typical: mean, runs, how: How::Normal { middle: mean, deviation, kept: kept.len() } })
    }

    /// The typical figure.
    pub(super) fn typical(&self, scale: &FigureScale) -> f64 {
        scale.of_badness(self.typical)
    }

    /// The worst figure, of so many values, that an unchanged run stays within but for a chance of `level`, and at
    /// least what does not matter. No number where nothing is known.
    pub(super) fn bound(&self, level: f64, values: u64, scale: &FigureScale, gate: &Gate) -> f64 {
        let least = self.typical + gate.margin(scale);
        match self.how {
            How::Unknown => f64::NAN,
            How::Normal { middle, deviation, kept } => {
                let count = kept as f64;
                let reach = t_quantile(1.0 - level, (count - 1.0).max(1.0)) * (1.0 + 1.0 / count).sqrt();
                scale.of_badness((middle + allowance(count, level) * reach * deviation).max(least))
            }
            How::Counts { bad, good } => {
                let share = most_bad(values.max(1), bad, good, level) as f64 / values.max(1) as f64;
                if scale.better == Better::Higher {
                    (1.0 - share).min(scale.of_badness(least)).max(0.0)
                } else {
                    share.max(scale.of_badness(least)).min(1.0)
                }
            }
        }
    }
}

/// By how much the interval has to be wider because some of the values were drawn in; fitted to simulations of 10 to 30
/// normal values at levels from 0.01 to 0.0001.
fn allowance(count: f64, level: f64) -> f64 {
    1.0 + 0.0062 * level.log10().abs().powf(2.4) * (10.0 / count).powf(1.7)
}

/// The deviation from the distances of all pairs: the one that a quarter of them are below.
pub(super) fn qn(values: &[f64]) -> f64 {
    let count = values.len();
    let half = count / 2 + 1;
    let mut distances: Vec<f64> = values
        .iter()
        .enumerate()
        .flat_map(|(at, one)| values[at + 1..].iter().map(move |other| (one - other).abs()))
        .collect();
    if distances.is_empty() {
        return 0.0;
    }
    distances.sort_by(f64::total_cmp);
    // Of few values it is too large: fitted to simulations, by even and odd numbers.
    let few = count as f64 / (count as f64 + if count.is_multiple_of(2) { 4.4 } else { 2.05 });
    QN * few * distances[(half * (half - 1) / 2).clamp(1, distances.len()) - 1]
}

/// How many bad and good values earlier runs are worth for the next one.
fn counts(runs: &[Seen], more_is_better: bool) -> (f64, f64) {
    let bad = |seen: &Seen| {
        let share = if more_is_better { 1.0 - seen.value } else { seen.value };
        (share * seen.values as f64).round()
    };
    // One run with many more than the others says nothing of them.
    let mut shares: Vec<f64> = runs.iter().map(|seen| bad(seen) / seen.values as f64).collect();
    let middle = median(&mut shares).unwrap_or(0.0);
    let usual = |seen: &&Seen| {
        let expected = middle * seen.values as f64;
        bad(seen) <= expected + 5.0 * (expected + 1.0).sqrt() + 0.5 * expected
    };
    let kept: Vec<&Seen> = runs.iter().filter(usual).collect();
    let values: f64 = kept.iter().map(|seen| seen.values as f64).sum();
    let all_bad: f64 = kept.iter().map(|seen| bad(seen)).sum();
    let share = (all_bad + 0.5) / (values + 1.0);
    // What runs differ by, beyond what counts do: the correlation of two values of one run (Fleiss, Levin and Paik,
    // Statistical Methods for Rates and Proportions, 2003, chapter 15, by moments).
    let count = kept.len() as f64;
    let between: f64 = kept
        .iter()
        .map(|seen| {
            let values = seen.values as f64;
            (bad(seen) / values - share).powi(2) * values
        })
        .sum::<f64>()
        / (count - 1.0).max(1.0);
    let typical = values / count.max(1.0);
    let variance = (share * (1.0 - share)).max(f64::MIN_POSITIVE);
    let alike = ((between / variance - 1.0) / (typical - 1.0).max(1.0)).clamp(0.0, 0.5);
    // A new run is off by what it differs and by what is not known of the others.
    let worth = 1.0 / (1.0 / (values + 1.0) + alike * (1.0 + 1.0 / count.max(1.0)));
    (share * worth, (1.0 - share) * worth)
}

/// The largest number of bad values among so many that is exceeded with a chance of at most `level`.
fn most_bad(values: u64, bad: f64, good: f64, level: f64) -> u64 {
    let n = values as f64;
    let share = bad / (bad + good);
    let expected = n * share;
    let deviation = (n * share * (1.0 - share) * (1.0 + (n - 1.0) / (bad + good + 1.0))).sqrt();
    if expected + 10.0 * deviation > MANY && expected > 100.0 {
        return (expected + normal_quantile(1.0 - level) * deviation).min(n) as u64;
    }
    let mut chance =
        (ln_gamma(good + n) + ln_gamma(bad + good) - ln_gamma(good) - ln_gamma(bad + good + n)).exp();
    let mut within = chance;
    let mut most = 0;
    while 1.0 - within > level && most < values && (most as f64) < MANY {
        let number = most as f64;
        chance *= (n - number) / (number + 1.0) * (number + bad) / (n - number - 1.0 + good);
        within += chance;
        most += 1;
    }
    most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simulate::Normals;

    fn seen(values: &[f64]) -> Vec<Seen> {
        values.iter().map(|value| Seen { value: *value, values: 1000 }).collect()
    }

    fn bound(past: &[f64], level: f64) -> f64 {
        let expected = Expected::of(&seen(past), &FigureScale::LATENCY).unwrap();
        expected.bound(level, 1000, &FigureScale::LATENCY, &Gate { delta: 0.0, ..Gate::default() })
    }

    // statsmodels 0.15.0: robust.scale.qn_scale(x), before what is done about few values
    #[test]
    fn qn_is_statsmodels() {
        let wild = [1.2, 0.7, 2.9, 1.4, 1.1, 0.2, 1.9, 1.3, 55.0, 0.8];
        assert!((qn(&wild) * 14.4 / 10.0 - 1.331_486_679_591_045_2).abs() < 1e-9);
        assert_eq!(qn(&[3.0]), 0.0);
    }

    // scipy 1.16.3: betabinom.sf(k - 1, n, a, b) is .0465363, .000241881, .0139079 and .0716054 for these.
    #[test]
    fn counts_are_scipys() {
        for (k, n, bad, good, chance) in [
            (1, 1000, 0.5, 10_000.5, 0.046_536_327_279_639_4),
            (3, 500, 0.5, 5_000.5, 0.000_241_880_859_126_686_33),
            (12, 1000, 20.5, 4_000.0, 0.013_907_917_801_260_44),
            (40, 2000, 3.0, 300.0, 0.071_605_396_639_823_57),
        ] {
            assert_eq!(most_bad(n, bad, good, chance * 1.0001), k - 1);
            assert!(most_bad(n, bad, good, chance * 0.9999) >= k);
        }
    }

    #[test]
    fn an_outlier_widens_nothing_by_a_half() {
        let mut normals = Normals::new(77);
        let pasts: Vec<Vec<f64>> =
            (0..300).map(|_| (0..10).map(|_| (0.02 * normals.draw()).exp()).collect()).collect();
        let width = |odd: Option<f64>| -> f64 {
            let bounds = pasts.iter().map(|past| {
                let mut past = past.clone();
                past[3] = odd.unwrap_or(past[3]);
                let expected = Expected::of(&seen(&past), &FigureScale::LATENCY).unwrap();
                bound(&past, 0.01).ln() - expected.typical
            });
            bounds.sum::<f64>() / pasts.len() as f64
        };
        let usual = width(None);
        for odd in
            [0.001, 0.5, 0.9, 1.04, 1.05, 1.06, 1.07, 1.08, 1.09, 1.1, 1.12, 1.15, 1.2, 1.5, 2.0, 1000.0]
        {
            assert!(width(Some(odd)) < 1.5 * usual, "{odd}: {} {usual}", width(Some(odd)));
        }
        assert!(width(Some(1.5)) < 1.1 * usual, "a clear one is set aside");
    }

    #[test]
    fn one_error_after_clean_runs_is_judged_by_what_errors_can_be() {
        let clean = vec![Seen { value: 0.0, values: 1000 }; 10];
        let allowed = |past: &[Seen], values| {
            let gate = Gate { share_delta: 0.0, ..Gate::default() };
            Expected::of(past, &FigureScale::ERRORS).unwrap().bound(0.01, values, &FigureScale::ERRORS, &gate)
        };
        assert!((allowed(&clean, 1000) - 0.001).abs() < 1e-12, "one more may be");
        // One of fifty is not what ten thousand without any are like; after ten runs of fifty it may be.
        assert!(allowed(&clean, 50) < 0.01);
        let small = vec![Seen { value: 0.0, values: 50 }; 10];
        assert!((0.02..0.05).contains(&allowed(&small, 50)), "{}", allowed(&small, 50));
        // One run that went wrong lets no other go wrong.
        let mut odd = clean.clone();
        odd[4].value = 0.5;
        assert!(allowed(&odd, 1000) < 0.003, "{}", allowed(&odd, 1000));
        // Runs that differ by more than counts do are believed.
        let unlike: Vec<Seen> =
            (0..10).map(|n| Seen { value: 0.01 + 0.004 * f64::from(n % 3), values: 100_000 }).collect();
        assert!((0.02..0.035).contains(&allowed(&unlike, 100_000)), "{}", allowed(&unlike, 100_000));
    }

    #[test]
    fn an_unchanged_run_is_beyond_the_bound_as_often_as_was_said() {
        let mut normals = Normals::new(31);
        for count in [10, 20] {
            let draws = 4_000;
            let beyond = (0..draws)
                .filter(|_| {
                    let past: Vec<f64> = (0..count).map(|_| (0.02 * normals.draw()).exp()).collect();
                    (0.02 * normals.draw()).exp() > bound(&past, 0.01)
                })
                .count();
            // Of 4,000 with a chance of .01 each, 74 or more come once in a million times.
            assert!(beyond <= 73, "{beyond} of {draws} with {count} runs");
            assert!(beyond >= 12, "{beyond} of {draws} with {count} runs: wider than it has to be");
        }
    }

    proptest! {
        #[test]
        fn a_bound_is_no_better_than_what_is_typical(
            values in proptest::collection::vec(0.0..1.0_f64, 2..20),
            level in 0.000_01..0.1_f64,
            requests in 1_u64..100_000,
        ) {
            for scale in [FigureScale::LATENCY, FigureScale::THROUGHPUT, FigureScale::ERRORS] {
                let Some(expected) = Expected::of(&seen(&values), &scale) else { continue };
                let bound = expected.bound(level, requests, &scale, &Gate::default());
                if bound.is_finite() && expected.runs > 1 {
                    prop_assert!(scale.badness(bound) >= scale.badness(expected.typical(&scale)) - 1e-9 || scale.by_difference() && bound == 1.0);
                }
            }
        }
    }
}
