//! Spreads of figures of which there is no more than a number and a count: a build that did nothing at all, iterations
//! that never started, and summaries of other tools.

use loadline_measure::{Figure, FigureUnit};

use super::blocks::{ALIKE, Spread};
use super::scaled::Scaled as _;
use crate::stats::normal_quantile;

/// What counts instead of nothing.
const HALF: f64 = 0.5;
/// The deviation of a latency's logarithm that is assumed where there are only percentiles: most services have less.
const SHAPE: f64 = 1.0;

/// Beyond so many values nothing gets less likely in a floating-point number.
const MOST: f64 = 40.0;

/// Both sides of a rate of which one is nothing: that counts as half a value.
pub(super) fn silent(base: &Figure, head: &Figure) -> Option<(Spread, Spread)> {
    if base.scale.unit != FigureUnit::PerSecond || (base.value > 0.0) == (head.value > 0.0) {
        return None;
    }
    let (active, values) = if base.value > 0.0 { (base, base.values) } else { (head, head.values) };
    let quiet = active.value * HALF / values.max(1) as f64;
    // That all of so many went to one of two sides that are alike is as unlikely as that a coin always falls on it.
    let chance = 0.5_f64.powf((values.max(1) as f64 / ALIKE).clamp(1.0, MOST));
    let apart = (base.scale.badness(quiet) - base.scale.badness(active.value)).abs();
    let error = apart / normal_quantile(1.0 - chance).max(0.1);
    let of = |figure: &Figure| {
        let value = if figure.value > 0.0 { figure.value } else { quiet };
        let error = if figure.value > 0.0 { 0.0 } else { error };
        Spread { badness: base.scale.badness(value), error, share: None }
    };
    Some((of(base), of(head)))
}

impl Spread {
    /// Of a figure and the number of its values, of which four tell as much as one.
    pub(super) fn of_count(figure: &Figure) -> Self {
        let values = (figure.values as f64).max(1.0);
        let percent = figure.quantity.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
        let share = figure.scale.by_difference().then_some((figure.value * values, values));
        let error = match percent.map(|percent| percent / 100.0) {
            _ if share.is_some() => 0.0,
            Some(share) if share > 0.0 && share < 1.0 => {
                // The density of a log-normal latency at its percentile.
                let at = normal_quantile(share);
                let density = (-at * at / 2.0).exp() / (std::f64::consts::TAU).sqrt();
                SHAPE * (share * (1.0 - share) * ALIKE / values).sqrt() / density
            }
            _ => (ALIKE / values).sqrt(),
        };
        Self { badness: figure.scale.badness(figure.value), error, share }
    }
}
