//! Levels with steps and drifts between them, fitted to a series.
//!
//! A series lies on a level until a shift leads to the next: a step at once, a drift in a line. Each value belongs to
//! at most two levels, so that the least squares of all levels together are three diagonals. Values more than three
//! deviations off count for nothing, which makes an outlier as far away as it likes harmless.

use super::noise::{inflation, resemblance, spread};
use super::partition::REACH;
use crate::stats::t_cdf;

/// The variance of normal values is this much larger than that of those within three deviations.
const CUT: f64 = 1.027_5;

/// From one level to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// Of a step the first value of the new level; of a drift the last of the old one.
    pub(super) from: usize,
    /// The first value of the new level.
    pub(super) to: usize,
}

impl Shift {
    pub(super) fn step(at: usize) -> Self {
        Self { from: at, to: at }
    }

    pub(super) fn is_step(self) -> bool {
        self.from == self.to
    }

    /// How much of the way is gone at a value.
    fn gone(self, at: usize) -> f64 {
        if at >= self.to {
            1.0
        } else if at <= self.from {
            0.0
        } else {
            (at - self.from) as f64 / (self.to - self.from) as f64
        }
    }
}

/// A fit.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub(super) shifts: Vec<Shift>,
    /// One more than shifts.
    pub(super) levels: Vec<f64>,
    /// How many values near it each level has to itself.
    pub(super) near: Vec<usize>,
    /// What each value is off; nothing of an outlier.
    pub(super) residuals: Vec<Option<f64>>,
    /// The standard deviation of a value.
    pub(super) deviation: f64,
    /// The correlation of neighbours.
    pub(super) resemblance: f64,
    freedom: f64,
    /// The three diagonals.
    main: Vec<f64>,
    side: Vec<f64>,
}

impl Fit {
    /// Of values and shifts, which are ascending and apart; the deviation is at least `floor`.
    pub(super) fn of(values: &[f64], shifts: &[Shift], deviation: f64, floor: f64) -> Self {
        // First by the middle of each level, which no outlier moves.
        let levels = middles(values, shifts);
        let fitted = along(values.len(), shifts, &levels);
        let off: Vec<f64> = values.iter().zip(&fitted).map(|(value, fit)| value - fit).collect();
        let reach = spread(&off, 0.0).max(deviation * 0.5).max(floor);
        let solve = |fitted: &[f64], levels: &[f64], reach: f64| {
            let off = values.iter().zip(fitted).map(|(value, fitted)| (value - fitted).abs());
            let near: Vec<bool> = off.map(|off| off <= REACH * reach).collect();
            Self::solved(values, shifts, &near, levels, floor)
        };
        let first = solve(&fitted, &levels, reach);
        solve(&first.fitted(), &first.levels, first.deviation)
    }

    fn solved(values: &[f64], shifts: &[Shift], near: &[bool], about: &[f64], floor: f64) -> Self {
        let count = shifts.len() + 1;
        // A trace of each level's middle, so that one without values has a place.
        let mut main = vec![1e-9; count];
        let mut side = vec![0.0; count - 1];
        let mut right: Vec<f64> = about.iter().map(|level| level * 1e-9).collect();
        let mut own = vec![0; count];
        walk(values.len(), shifts, |at, level, gone| {
            if !near[at] {
                return;
            }
            let stays = 1.0 - gone;
            main[level] += stays * stays;
            right[level] += stays * values[at];
            if gone > 0.0 {
                main[level + 1] += gone * gone;
                side[level] += stays * gone;
                right[level + 1] += gone * values[at];
            } else {
                own[level] += 1;
            }
        });
        let levels = solve(&main, &side, &right);
        let fitted = along(values.len(), shifts, &levels);
        let residuals: Vec<Option<f64>> =
            (0..values.len()).map(|at| near[at].then(|| values[at] - fitted[at])).collect();
        let known = near.iter().filter(|near| **near).count() as f64;
        let resemblance = resemblance(&residuals, count);
        let squares: f64 = residuals.iter().flatten().map(|residual| residual * residual).sum();
        let taken = (count as f64 * inflation(resemblance)).min(known / 2.0);
        let deviation = (CUT * squares / (known - taken).max(1.0)).sqrt().max(floor);
        let freedom = (known / inflation(resemblance) - count as f64).max(3.0);
        Self {
            shifts: shifts.to_vec(),
            levels,
            near: own,
            residuals,
            deviation,
            resemblance,
            freedom,
            main,
            side,
        }
    }

    /// By how much a shift changes the level.
    pub(super) fn change(&self, shift: usize) -> f64 {
        self.levels[shift + 1] - self.levels[shift]
    }

    /// The chance of such a shift between levels that are the same, for this one shift.
    pub(super) fn p(&self, shift: usize) -> f64 {
        let mut apart = vec![0.0; self.levels.len()];
        (apart[shift], apart[shift + 1]) = (-1.0, 1.0);
        let solved = solve(&self.main, &self.side, &apart);
        let variance = (solved[shift + 1] - solved[shift]) * inflation(self.resemblance);
        self.chance(self.change(shift), variance)
    }

    /// The chance of a difference of which the variance is so much of a value's.
    pub(super) fn chance(&self, difference: f64, variance: f64) -> f64 {
        let off = difference.abs() / (self.deviation * variance.max(0.0).sqrt()).max(f64::MIN_POSITIVE);
        (2.0 * t_cdf(-off, self.freedom)).min(1.0)
    }

    /// The level at each value.
    pub(super) fn fitted(&self) -> Vec<f64> {
        along(self.residuals.len(), &self.shifts, &self.levels)
    }
}

/// Tells of each value its level and how much of the way to the next is gone.
fn walk(count: usize, shifts: &[Shift], mut tell: impl FnMut(usize, usize, f64)) {
    let mut level = 0;
    for at in 0..count {
        while level < shifts.len() && shifts[level].to <= at {
            level += 1;
        }
        tell(at, level, shifts.get(level).map_or(0.0, |shift| shift.gone(at)));
    }
}

fn along(count: usize, shifts: &[Shift], levels: &[f64]) -> Vec<f64> {
    let mut fitted = Vec::with_capacity(count);
    walk(count, shifts, |_, level, gone| {
        let next = levels.get(level + 1).copied().unwrap_or(levels[level]);
        fitted.push(levels[level] * (1.0 - gone) + next * gone);
    });
    fitted
}

/// The median of what each level has to itself; of a level with nothing, of what is next to it.
fn middles(values: &[f64], shifts: &[Shift]) -> Vec<f64> {
    let mut middles = Vec::with_capacity(shifts.len() + 1);
    for level in 0..=shifts.len() {
        let start = if level == 0 { 0 } else { shifts[level - 1].to };
        let end = shifts
            .get(level)
            .map_or(values.len(), |shift| if shift.is_step() { shift.from } else { shift.from + 1 });
        let few = 5.min(values.len());
        let (start, end) = if end >= start + few {
            (start, end)
        } else {
            // A drift that begins or ends with the series: a few values of it.
            let start = start.min(values.len() - few);
            (start, end.max(start + few).min(values.len()))
        };
        let mut own = values[start..end].to_vec();
        middles.push(crate::slope::median(&mut own).unwrap_or(0.0));
    }
    middles
}

/// A symmetric system of three diagonals (Thomas).
fn solve(main: &[f64], side: &[f64], right: &[f64]) -> Vec<f64> {
    let count = main.len();
    let (mut above, mut solved) = (vec![0.0; count], right.to_vec());
    let mut pivot = main[0];
    solved[0] /= pivot;
    for row in 1..count {
        above[row] = side[row - 1] / pivot;
        pivot = (main[row] - side[row - 1] * above[row]).max(1e-12);
        solved[row] = (solved[row] - side[row - 1] * solved[row - 1]) / pivot;
    }
    for row in (1..count).rev() {
        solved[row - 1] -= above[row] * solved[row];
    }
    solved
}

#[cfg(test)]
mod tests {
    use super::*;

    // statsmodels 0.15.0: OLS on the columns 1 − g, g (a line from value 3 to value 8) and one from value 11 on:
    // params, ssr, normalized_cov_params.
    #[test]
    fn levels_and_lines_are_least_squares() {
        let values = [1.0, 1.2, 0.9, 1.1, 1.5, 2.1, 2.4, 3.0, 3.1, 2.9, 3.0, 5.0, 5.1, 4.9, 5.2];
        let shifts = [Shift { from: 3, to: 8 }, Shift::step(11)];
        let fit = Fit::of(&values, &shifts, 1.0, 1.0);
        for (level, expected) in fit.levels.iter().zip([1.100_943_4, 3.118_867_92, 5.05]) {
            assert!((level - expected).abs() < 1e-6, "{fit:?}");
        }
        let squares: f64 = fit.residuals.iter().flatten().map(|off| off * off).sum();
        assert!((squares - 0.298_471_698_113_207_56).abs() < 1e-7, "{squares}");
        // The variance of the first difference is .19811 + .24528 + 2 × .03774, times the inflation.
        let variance = 0.518_867_92 * inflation(fit.resemblance);
        assert!((fit.p(0) - fit.chance(fit.change(0), variance)).abs() < 1e-6);
    }

    // scipy 1.16.3: 2 * t.sf(3.3, 7)
    #[test]
    fn the_chance_is_students() {
        let mut fit = Fit::of(&[0.0; 20], &[], 1.0, 1.0);
        fit.freedom = 7.0;
        assert!((fit.chance(3.3, 1.0) - 0.013_120_714_938_438_11).abs() < 1e-7);
    }

    #[test]
    fn a_wild_value_moves_nothing() {
        let mut values: Vec<f64> =
            (0..40).map(|at| if at < 20 { 0.0 } else { 5.0 } + f64::from(at % 3)).collect();
        let tame = Fit::of(&values, &[Shift::step(20)], 1.0, 0.1);
        values[7] = 1e6;
        let wild = Fit::of(&values, &[Shift::step(20)], 1.0, 0.1);
        assert!(wild.residuals[7].is_none());
        assert!(
            (tame.levels[0] - wild.levels[0]).abs() < 0.1 && (tame.deviation - wild.deviation).abs() < 0.1
        );
    }
}
