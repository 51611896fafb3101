//! A new run against the last runs of the same kind.
//!
//! What one more run of an unchanged build may come to is bounded from how its predecessors scattered. With few of
//! them the bound is wide and unsure, so below ten it advises and fails nothing.
//!
//! Source: prediction interval for one future observation of a normal distribution, Hahn and Meeker, Statistical
//! Intervals, 1991, section 4.8; taken of logarithms.

use loadline_measure::FigureScale;

use super::scaled::Scaled as _;
use crate::stats::t_quantile;
use crate::verdict::Outcome;

/// Fewer runs than this advise only.
pub const FEWEST_RUNS: usize = 10;

/// What the past says of a new figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The typical figure of the past.
    pub typical: f64,
    /// The worst figure that one more unchanged run should come to.
    pub bound: f64,
    /// How many runs that stands on.
    pub runs: usize,
    /// What came out.
    pub outcome: Outcome,
}

/// Judges a figure by those of earlier runs. `level` is the chance that an unchanged run fails; it is for this one
/// figure, so whoever asks about many divides it among them.
pub fn predict(past: &[f64], figure: f64, measured: &FigureScale, level: f64) -> Prediction {
    let (scale, back) = (|figure: f64| measured.badness(figure), |scaled: f64| measured.of_badness(scaled));
    let scaled: Vec<f64> =
        past.iter().map(|figure| scale(*figure)).filter(|figure| figure.is_finite()).collect();
    let count = scaled.len() as f64;
    if scaled.is_empty() || !scale(figure).is_finite() {
        return Prediction {
            typical: f64::NAN,
            bound: f64::NAN,
            runs: scaled.len(),
            outcome: Outcome::NoData,
        };
    }
    let mean = scaled.iter().sum::<f64>() / count;
    if scaled.len() < 2 {
        return Prediction { typical: back(mean), bound: f64::NAN, runs: 1, outcome: Outcome::Inconclusive };
    }
    let squares: f64 = scaled.iter().map(|figure| (figure - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let bound = mean + t_quantile(1.0 - level, count - 1.0) * deviation * (1.0 + 1.0 / count).sqrt();
    let beyond = scale(figure) > bound;
    let outcome = match (beyond, scaled.len() < FEWEST_RUNS) {
        (false, false) => Outcome::Pass,
        (true, false) => Outcome::Fail,
        (_, true) => Outcome::Inconclusive,
    };
    Prediction { typical: back(mean), bound: back(bound), runs: scaled.len(), outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAST: [f64; 10] = [100.0, 103.0, 98.0, 105.0, 101.0, 99.0, 102.0, 104.0, 97.0, 100.0];

    // scipy 1.17.1: exp(mean + t.ppf(.995, 9) * sd * sqrt(1 + 1/10)) of the logs.
    #[test]
    fn as_scipy_has_it() {
        let prediction = predict(&PAST, 108.0, &FigureScale::LATENCY, 0.005);
        assert!((prediction.bound - 110.125_418_516_923_09).abs() < 1e-6, "{prediction:?}");
        assert_eq!((prediction.outcome, prediction.runs), (Outcome::Pass, 10));
        assert_eq!(predict(&PAST, 111.0, &FigureScale::LATENCY, 0.005).outcome, Outcome::Fail);
    }

    #[test]
    fn less_throughput_is_what_fails_there() {
        assert_eq!(predict(&PAST, 85.0, &FigureScale::THROUGHPUT, 0.005).outcome, Outcome::Fail);
        assert_eq!(predict(&PAST, 130.0, &FigureScale::THROUGHPUT, 0.005).outcome, Outcome::Pass);
        assert!(predict(&PAST, 85.0, &FigureScale::THROUGHPUT, 0.005).bound < 97.0);
    }

    #[test]
    fn few_runs_advise() {
        assert_eq!(predict(&PAST[..9], 500.0, &FigureScale::LATENCY, 0.005).outcome, Outcome::Inconclusive);
        assert_eq!(predict(&[], 5.0, &FigureScale::LATENCY, 0.005).outcome, Outcome::NoData);
        assert_eq!(predict(&PAST, 0.0, &FigureScale::LATENCY, 0.005).outcome, Outcome::NoData);
        let errors = predict(&[0.0; 12], 0.01, &FigureScale::ERRORS, 0.005);
        assert_eq!(errors.outcome, Outcome::Fail);
    }
}
