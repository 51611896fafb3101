//! The Universal Scalability Law of measured steps: its parameters, how sure they are, and whether there is a peak.
//!
//! Contention and coherence are never below 0: a negative one means noise, or something that the law does not know
//! (a cache that warms up), and extrapolates to nonsense. So they are bounded, and the intervals say when the bound is
//! all that is known. The throughput at 1 is a parameter like the others, because a load of 1 is measured like any
//! other, if at all.

use loadline_verdict::Interval;

use super::error::{FitError, check};
use super::least_squares::{Best, Parameter, least_squares};
use super::profile::{self, CONFIDENCE};
use super::usl::Usl;

/// The law that fits best, and what else would fit about as well.
#[derive(Clone, Debug, PartialEq)]
pub struct UslFit {
    /// The best parameters.
    pub law: Usl,
    /// Where contention lies, if there are more points than parameters.
    pub alpha: Option<Interval>,
    /// Where coherence lies.
    pub beta: Option<Interval>,
    /// Where the throughput at a load of 1 lies.
    pub gamma: Option<Interval>,
    /// Where the load with the highest throughput lies; the upper end is infinite where the data leave open whether
    /// throughput ever falls.
    pub peak: Option<Interval>,
    /// The share of the variance that the law explains, from 0 to 1; below 0 where it explains nothing.
    pub explained: f64,
    /// The largest load that was measured.
    pub largest: f64,
}

/// Fits the law to (load, throughput), in any units.
///
/// # Errors
/// With fewer than three different loads, and values that are no measurements.
///
/// ```
/// use loadline_capacity::model::fit_usl;
/// let exact = [(1.0, 1.0), (2.0, 1.886_792), (4.0, 3.076_923), (6.0, 3.529_412), (8.0, 3.539_823)];
/// let fit = fit_usl(&exact)?;
/// assert!((fit.law.peak().unwrap() - 7.0).abs() < 1e-3);
/// assert!(fit_usl(&exact[..2]).is_err());
/// # Ok::<(), loadline_capacity::model::FitError>(())
/// ```
pub fn fit_usl(points: &[(f64, f64)]) -> Result<UslFit, FitError> {
    check(points, 3)?;
    let fit = Fit::new(points);
    let best = fit.best(&Held::Nothing);
    let law = Usl { alpha: best.at[0], beta: best.at[1], gamma: best.at[2] };
    let mean = points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64;
    let spread: f64 = points.iter().map(|(_, value)| (value - mean).powi(2)).sum();
    let limit = profile::limit(best.squares, points.len(), 3);
    let around = |value, bounds, scale, held: &dyn Fn(f64) -> Held| {
        limit.map(|limit| {
            profile::interval(value, bounds, scale, limit, |value| fit.best(&held(value)).squares)
        })
    };
    let beta = around(law.beta, (0.0, f64::INFINITY), fit.beta_scale, &Held::Beta);
    Ok(UslFit {
        law,
        alpha: around(law.alpha, (0.0, 1.0), 0.01, &Held::Alpha),
        beta,
        gamma: around(law.gamma, (0.0, f64::INFINITY), law.gamma * 0.05, &Held::Gamma),
        peak: limit.map(|limit| fit.peak(&law, limit)),
        explained: if spread > 0.0 { 1.0 - best.squares / spread } else { 1.0 },
        largest: fit.largest,
    })
}

/// Where the law has the throughput at a load, measured or not: as (load, throughput) of a fit has it; nothing where no
/// point is left to say how sure that is.
///
/// # Errors
/// As [`fit_usl`].
pub fn usl_at(points: &[(f64, f64)], load: f64) -> Result<Option<Interval>, FitError> {
    check(points, 3)?;
    let fit = Fit::new(points);
    let best = fit.best(&Held::Nothing);
    let law = Usl { alpha: best.at[0], beta: best.at[1], gamma: best.at[2] };
    let value = law.throughput(load);
    let held = |value| fit.best(&Held::At { load, value }).squares;
    Ok(profile::limit(best.squares, points.len(), 3)
        .map(|limit| profile::interval(value, (0.0, f64::INFINITY), value * 0.02, limit, held)))
}

impl UslFit {
    /// Whether the data say that throughput has a peak at all.
    pub fn knows_a_peak(&self) -> bool {
        self.beta.is_some_and(|beta| beta.low > 0.0)
    }

    /// Whether the load with the highest throughput lies within what was measured.
    pub fn has_seen_the_peak(&self) -> bool {
        self.peak.is_some_and(|peak| peak.high <= self.largest)
    }
}

/// What is not free.
enum Held {
    Nothing,
    Alpha(f64),
    Beta(f64),
    Gamma(f64),
    Peak(f64),
    /// The throughput at a load.
    At {
        load: f64,
        value: f64,
    },
}

struct Fit<'p> {
    points: &'p [(f64, f64)],
    largest: f64,
    /// A typical coherence: one that matters at the largest load.
    beta_scale: f64,
    gamma_scale: f64,
}

impl<'p> Fit<'p> {
    fn new(points: &'p [(f64, f64)]) -> Self {
        let largest = points.iter().map(|(load, _)| *load).fold(0.0, f64::max);
        let gamma = points.iter().map(|(load, value)| value / load).fold(0.0, f64::max);
        let beta_scale = 0.1 / (largest * largest).max(1.0);
        Self { points, largest, beta_scale, gamma_scale: gamma.max(f64::MIN_POSITIVE) }
    }

    /// The best fit with one of the parameters held.
    fn best(&self, held: &Held) -> Best {
        let wide = |start, high, scale| Parameter { start, low: 0.0, high, scale };
        let fixed =
            |value: f64| Parameter { start: value, low: value, high: value, scale: value.abs().max(1e-9) };
        let most_gamma = self.gamma_scale * 1e6;
        let mut best: Option<Best> = None;
        // The valley is curved where contention and coherence take each other's place, so it is entered at both ends.
        for (alpha, beta) in [(0.01, 1e-3), (0.05, 0.1), (0.3, 0.01), (0.0, 1.0), (0.9, 0.0)] {
            let beta = beta * 10.0 * self.beta_scale;
            let gamma = wide(self.linear_gamma(alpha, beta), most_gamma, self.gamma_scale);
            let mut parameters = [wide(alpha, 1.0, 0.1), wide(beta, f64::MAX, self.beta_scale), gamma];
            match held {
                Held::Nothing => {}
                Held::Alpha(value) => parameters[0] = fixed(*value),
                Held::Beta(value) => parameters[1] = fixed(*value),
                Held::Gamma(value) => parameters[2] = fixed(*value),
                // Coherence follows from contention and the peak.
                Held::Peak(_) => parameters[1] = fixed(0.0),
                // The throughput at 1 follows from both.
                Held::At { .. } => parameters[2] = fixed(0.0),
            }
            let found = least_squares(&parameters, |values| {
                let mut law = Usl { alpha: values[0], beta: values[1], gamma: values[2] };
                match held {
                    Held::Peak(peak) => law.beta = (1.0 - law.alpha) / (peak * peak),
                    Held::At { load, value } => law.gamma = value / law.relative(*load),
                    _ => {}
                }
                self.residuals(&law)
            });
            if best.as_ref().is_none_or(|known| found.squares < known.squares) {
                best = Some(found);
            }
        }
        best.expect("there are several starts")
    }

    fn residuals(&self, law: &Usl) -> Vec<f64> {
        self.points.iter().map(|(load, value)| law.throughput(*load) - value).collect()
    }

    /// The best throughput at 1 for a contention and a coherence: it stands in the law as a factor.
    fn linear_gamma(&self, alpha: f64, beta: f64) -> f64 {
        let law = Usl { alpha, beta, gamma: 1.0 };
        let (mut top, mut bottom) = (0.0, 0.0);
        for (load, value) in self.points {
            let shape = law.relative(*load);
            top += shape * value;
            bottom += shape * shape;
        }
        if bottom > 0.0 { top / bottom } else { self.gamma_scale }
    }

    /// Where the load with the highest throughput lies: by the law, with coherence as what makes it so.
    fn peak(&self, law: &Usl, limit: f64) -> Interval {
        let profile = |peak: f64| self.best(&Held::Peak(peak)).squares;
        let endless = self.best(&Held::Beta(0.0)).squares <= limit;
        // Without a peak of its own, the search begins far behind what was measured.
        let best = law.peak().unwrap_or(self.largest * 1e3);
        let high = if endless { best } else { f64::INFINITY };
        let mut found = profile::interval(best, (1.0, high), best * 0.05, limit, profile);
        if endless {
            found.high = f64::INFINITY;
        }
        Interval { confidence: CONFIDENCE, ..found }
    }
}

#[cfg(test)]
#[path = "usl_fit_tests.rs"]
mod tests;
