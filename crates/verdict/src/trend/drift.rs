//! Drifts: levels that were left little by little.
//!
//! A division into levels makes stairs of a line. Steps that all lead one way are held against one line that begins and
//! ends where it fits best, and whichever costs less stays.

use super::fit::{Fit, Shift};

/// What is over within fewer values is a step.
const SHORTEST: usize = 10;
/// Places at which a line is tried to begin or to end.
const PLACES: usize = 28;
/// What a line costs, in steps: it has a place more than one, and a level less than two.
const COST: f64 = 1.5;

/// The shifts with lines in place of stairs where they cost less; `penalty` is what a step costs, in variances.
pub(super) fn straighten(values: &[f64], fit: &Fit, penalty: f64) -> Vec<Shift> {
    let sums = Sums::of(values, fit);
    let mut shifts = Vec::with_capacity(fit.shifts.len());
    let mut first = 0;
    while first < fit.shifts.len() {
        let mut last = first;
        let rises = fit.change(first) > 0.0;
        while last + 1 < fit.shifts.len() && (fit.change(last + 1) > 0.0) == rises {
            last += 1;
        }
        let stairs = &fit.shifts[first..=last];
        let start = if first == 0 { 0 } else { fit.shifts[first - 1].to };
        let end = fit.shifts.get(last + 1).map_or(values.len(), |shift| shift.from);
        let cost = |squares: f64| squares / fit.deviation.powi(2);
        let of_stairs = cost(squares(fit, start, end)) + penalty * stairs.iter().map(price).sum::<f64>();
        match sums.line(start, end) {
            Some((line, squares)) if cost(squares) + penalty * COST < of_stairs => shifts.push(line),
            _ => shifts.extend(stairs),
        }
        first = last + 1;
    }
    shifts
}

fn price(shift: &Shift) -> f64 {
    if shift.is_step() { 1.0 } else { COST }
}

fn squares(fit: &Fit, start: usize, end: usize) -> f64 {
    fit.residuals[start..end].iter().flatten().map(|residual| residual * residual).sum()
}

/// Sums of what lies near its level, up to each value: of how many, of their places, their values and products.
struct Sums(Vec<[f64; 6]>);

impl Sums {
    fn of(values: &[f64], fit: &Fit) -> Self {
        let mut sums = Vec::with_capacity(values.len() + 1);
        let mut sum = [0.0; 6];
        sums.push(sum);
        for (at, (value, residual)) in values.iter().zip(&fit.residuals).enumerate() {
            if residual.is_some() {
                let at = at as f64;
                for (sum, more) in sum.iter_mut().zip([1.0, at, at * at, *value, at * value, value * value]) {
                    *sum += more;
                }
            }
            sums.push(sum);
        }
        Self(sums)
    }

    fn between(&self, start: usize, end: usize) -> [f64; 6] {
        std::array::from_fn(|which| self.0[end][which] - self.0[start][which])
    }

    /// The best line within a stretch, with a level before and after it, and the sum of squares it leaves.
    fn line(&self, start: usize, end: usize) -> Option<(Shift, f64)> {
        if end < start + SHORTEST + 2 {
            return None;
        }
        let span = end - 1 - start;
        let place = |number: usize| start + number * span / PLACES.min(span);
        let places = PLACES.min(span);
        let mut best: Option<(Shift, f64)> = None;
        for from in 0..=places {
            for to in from + 1..=places {
                let line = Shift { from: place(from), to: place(to) };
                if line.to - line.from < SHORTEST {
                    continue;
                }
                let squares = self.squares(start, end, line);
                if best.is_none_or(|(_, least)| squares < least) {
                    best = Some((line, squares));
                }
            }
        }
        best
    }

    /// What level, line and level leave of a stretch.
    fn squares(&self, start: usize, end: usize, line: Shift) -> f64 {
        let before = self.between(start, line.from + 1);
        let [count, places, squares, sum, products, _] = self.between(line.from + 1, line.to);
        let after = self.between(line.to, end);
        let all = self.between(start, end)[5];
        // The part of the way that is gone is (place − from) / length.
        let (from, length) = (line.from as f64, (line.to - line.from) as f64);
        let gone = (places - from * count) / length;
        let gone_squares = (squares - 2.0 * from * places + from * from * count) / (length * length);
        let gone_products = (products - from * sum) / length;
        // The normal equations of the two levels.
        let (a, b, c) =
            (before[0] + count - 2.0 * gone + gone_squares, gone - gone_squares, gone_squares + after[0]);
        let (one, other) = (before[3] + sum - gone_products, gone_products + after[3]);
        let determinant = a * c - b * b;
        if determinant <= 1e-9 {
            return f64::INFINITY;
        }
        let low = (c * one - b * other) / determinant;
        let high = (a * other - b * one) / determinant;
        (all - low * one - high * other).max(0.0)
    }
}
