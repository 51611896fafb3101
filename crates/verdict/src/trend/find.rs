//! What changed in a series, and how sure that is.
//!
//! 1. The cheapest division into levels proposes ([`partition`]); it costs little, so that too much is proposed.
//! 2. Stairs that are a line become one ([`straighten`]).
//! 3. The weakest goes until all that are left are certain: each with a chance of [`LEVEL`], divided by the length of
//!    the series, of coming from levels that are the same, neighbours that resemble each other included. So a longer
//!    history raises no more false alarms than a short one.
//! 4. What is left of the end is looked at once more: the last three to seven values may lie elsewhere, which is
//!    suspected, and certain later or never.

use super::drift::straighten;
use super::fit::{Fit, Shift};
use super::noise::{inflation, spread, variance_of_mean};
use super::partition::partition;
use crate::slope::median;

/// The chance that a series without any change has a certain one, about.
const LEVEL: f64 = 0.01;
/// The chance that its end is suspected, about.
const SUSPICION: f64 = 0.002;
/// Values on either side of a certain step at least.
const LEAST: usize = 5;
/// Of so many of the last values a new level is suspected.
const TAILS: std::ops::RangeInclusive<usize> = 3..=7;
/// With fewer values before them there is no level to leave.
const BEFORE: usize = 6;
/// A suspicion looks no further back.
const RECENT: usize = 400;
/// The variance of a median to that of a mean, of few normal values.
const OF_MEDIAN: f64 = 1.35;

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) fit: Fit,
    /// The chance of each shift of the fit.
    pub(super) p: Vec<f64>,
    pub(super) suspected: Option<Suspected>,
}

/// A new level at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspected {
    pub(super) at: usize,
    pub(super) level: f64,
    pub(super) before: f64,
    pub(super) p: f64,
}

/// Finds what changed. A change below `matters` is none.
pub(super) fn find(values: &[f64], matters: f64) -> Found {
    let floor = matters / 4.0;
    let penalty = 2.5 * (values.len().max(2) as f64).ln() + 3.0;
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Of values that resemble each other differences are too small: a little more.
    let mut deviation = (1.2 * spread(&steps, 0.0) / std::f64::consts::SQRT_2).max(floor);
    let mut fit = Fit::of(values, &[], deviation, floor);
    for _ in 0..2 {
        let scaled: Vec<f64> = values.iter().map(|value| value / deviation).collect();
        let shifts: Vec<Shift> = partition(&scaled, penalty).into_iter().map(Shift::step).collect();
        fit = Fit::of(values, &shifts, deviation, floor);
        deviation = fit.deviation;
    }
    for _ in 0..2 {
        let costs = penalty * inflation(fit.resemblance).sqrt();
        fit = Fit::of(values, &straighten(values, &fit, costs), deviation, floor);
        fit = certain(values, fit, matters);
    }
    let p = (0..fit.shifts.len()).map(|shift| fit.p(shift)).collect();
    let suspected = suspect(values, &fit, matters);
    Found { fit, p, suspected }
}

/// Takes the weakest shifts away until all are certain.
fn certain(values: &[f64], mut fit: Fit, matters: f64) -> Fit {
    let level = LEVEL / values.len().max(1) as f64;
    loop {
        let count = fit.shifts.len();
        let mut weak: Vec<(f64, usize)> = (0..count)
            .filter_map(|shift| {
                let p = if counts(&fit, shift, matters) { fit.p(shift) } else { 2.0 };
                (p > level).then_some((p, shift))
            })
            .collect();
        if weak.is_empty() {
            return fit;
        }
        // One at a time, because each changes those beside it; where there are many, some that are far apart.
        weak.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut gone: Vec<usize> = Vec::new();
        for (_, shift) in weak {
            if gone.len() < 1 + count / 8 && gone.iter().all(|other| shift.abs_diff(*other) > 2) {
                gone.push(shift);
            }
        }
        let kept: Vec<Shift> =
            (0..count).filter(|shift| !gone.contains(shift)).map(|shift| fit.shifts[shift]).collect();
        fit = Fit::of(values, &kept, fit.deviation, matters / 4.0);
    }
}

/// Whether a shift is large enough and stands on enough.
fn counts(fit: &Fit, shift: usize, matters: f64) -> bool {
    let enough = !fit.shifts[shift].is_step() || (fit.near[shift] >= LEAST && fit.near[shift + 1] >= LEAST);
    enough && fit.change(shift).abs() >= matters
}

/// Looks at the end of the last level.
fn suspect(values: &[f64], fit: &Fit, matters: f64) -> Option<Suspected> {
    let settled = fit.shifts.last().map_or(0, |shift| shift.to);
    let oldest = values.len().saturating_sub(RECENT);
    let recent = &values[oldest..];
    let shifts: Vec<Shift> = fit
        .shifts
        .iter()
        .filter(|shift| shift.from > oldest)
        .map(|shift| Shift { from: shift.from - oldest, to: shift.to - oldest })
        .collect();
    let looks = TAILS.clone().count() as f64;
    let suspicions = TAILS.filter_map(|tail| {
        let at = values.len().checked_sub(tail)?;
        if at < settled.max(oldest) + BEFORE {
            return None;
        }
        let mut with = shifts.clone();
        with.push(Shift::step(at - oldest));
        let apart = Fit::of(recent, &with, fit.deviation, matters / 4.0);
        let before = apart.levels[shifts.len()];
        let level = median(&mut values[at..].to_vec())?;
        let variance = OF_MEDIAN * variance_of_mean(tail, apart.resemblance)
            + inflation(apart.resemblance) / apart.near[shifts.len()].max(1) as f64;
        let p = apart.chance(level - before, variance);
        (p <= SUSPICION / looks && (level - before).abs() >= matters).then_some(Suspected {
            at,
            level,
            before,
            p,
        })
    });
    suspicions.min_by(|one, other| one.p.total_cmp(&other.p))
}
