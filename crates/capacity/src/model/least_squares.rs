//! Least squares within bounds: a few parameters, few points, any model.
//!
//! Levenberg's and Marquardt's method, with what leaves a bound held at it (Kanzow, Yamashita and Fukushima,
//! Levenberg–Marquardt methods for constrained nonlinear equations, 2004). Derivatives are central differences: the
//! point that is found is where they say that nothing gets better, and their error there is of second order.

/// How often a step is tried before it is good enough.
const STEPS: usize = 300;

/// A parameter: where it begins, where it may be, and in what measure it is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) start: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// A typical size of it, above 0.
    pub(super) scale: f64,
}

/// Parameters, and the sum of the squares of what they leave.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub(super) at: Vec<f64>,
    pub(super) squares: f64,
}

/// The parameters within their bounds, near the start, whose residuals have the least sum of squares.
pub(super) fn least_squares(parameters: &[Parameter], residuals: impl Fn(&[f64]) -> Vec<f64>) -> Best {
    let squares_of =
        |values: &[f64]| residuals(values).iter().map(|residual| residual * residual).sum::<f64>();
    let mut at: Vec<f64> = parameters.iter().map(|one| one.start.clamp(one.low, one.high)).collect();
    let mut squares = squares_of(&at);
    let mut damping = 1e-3;
    for _ in 0..STEPS {
        let left = residuals(&at);
        let slopes: Vec<Vec<f64>> =
            (0..at.len()).map(|index| derivative(parameters, &at, index, &residuals)).collect();
        let gradient: Vec<f64> =
            slopes.iter().map(|slope| slope.iter().zip(&left).map(|(s, r)| s * r).sum()).collect();
        // What is at a bound and would leave it stays there.
        let free: Vec<usize> = (0..at.len())
            .filter(|&index| {
                let one = &parameters[index];
                !(at[index] <= one.low && gradient[index] >= 0.0
                    || at[index] >= one.high && gradient[index] <= 0.0)
            })
            .collect();
        if free.is_empty() {
            break;
        }
        let mut better = None;
        while damping < 1e12 {
            let step = step(&free, &slopes, &gradient, damping);
            let tried: Vec<f64> = (0..at.len())
                .map(|index| {
                    let moved =
                        free.iter().position(|&one| one == index).map_or(0.0, |position| step[position]);
                    (at[index] - moved).clamp(parameters[index].low, parameters[index].high)
                })
                .collect();
            let reached = squares_of(&tried);
            if reached < squares {
                damping = (damping / 10.0).max(1e-14);
                better = Some((tried, reached));
                break;
            }
            damping *= 10.0;
        }
        let Some((tried, reached)) = better else { break };
        let moved = (0..at.len())
            .map(|index| {
                (tried[index] - at[index]).abs() / (at[index].abs() + parameters[index].scale * 1e-6)
            })
            .fold(0.0, f64::max);
        let gained = squares - reached;
        (at, squares) = (tried, reached);
        if moved < 1e-12 || gained <= squares * 1e-16 {
            break;
        }
    }
    Best { at, squares }
}

fn derivative(
    parameters: &[Parameter],
    at: &[f64],
    index: usize,
    residuals: &impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let one = &parameters[index];
    let half = 1e-6 * (at[index].abs() + one.scale * 1e-3);
    let (mut below, mut above) = (at.to_vec(), at.to_vec());
    below[index] = (at[index] - half).max(one.low);
    above[index] = (at[index] + half).min(one.high);
    let apart = above[index] - below[index];
    if apart <= 0.0 {
        return vec![0.0; residuals(at).len()];
    }
    let (below, above) = (residuals(&below), residuals(&above));
    above.iter().zip(&below).map(|(high, low)| (high - low) / apart).collect()
}

/// The step that lowers the squares of a line through what is known here, shortened by the damping.
fn step(free: &[usize], slopes: &[Vec<f64>], gradient: &[f64], damping: f64) -> Vec<f64> {
    let dot = |a: usize, b: usize| slopes[a].iter().zip(&slopes[b]).map(|(x, y)| x * y).sum::<f64>();
    let mut rows: Vec<Vec<f64>> = free
        .iter()
        .map(|&row| {
            let mut line: Vec<f64> = free.iter().map(|&column| dot(row, column)).collect();
            line.push(gradient[row]);
            line
        })
        .collect();
    for (index, row) in rows.iter_mut().enumerate() {
        row[index] = row[index] * (1.0 + damping) + f64::MIN_POSITIVE;
    }
    solve(rows)
}

/// Gauss's elimination with pivots; what has no slope does not move.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for column in 0..count {
        let pivot = (column..count)
            .max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))
            .unwrap_or(column);
        rows.swap(column, pivot);
        if rows[column][column].abs() <= f64::MIN_POSITIVE {
            continue;
        }
        let pivot = rows[column].clone();
        for row in &mut rows[column + 1..] {
            let factor = row[column] / pivot[column];
            for (value, above) in row.iter_mut().zip(&pivot).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = vec![0.0; count];
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count).map(|place| rows[row][place] * solution[place]).sum();
        let pivot = rows[row][row];
        solution[row] =
            if pivot.abs() <= f64::MIN_POSITIVE { 0.0 } else { (rows[row][count] - known) / pivot };
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(start: f64, low: f64, high: f64) -> Parameter {
        Parameter { start, low, high, scale: 1.0 }
    }

    #[test]
    fn rosenbrocks_valley_is_walked_to_its_end() {
        let free = parameter(-1.2, -10.0, 10.0);
        let best = least_squares(&[free, free], |p| vec![10.0 * (p[1] - p[0] * p[0]), 1.0 - p[0]]);
        assert!((best.at[0] - 1.0).abs() < 1e-8 && (best.at[1] - 1.0).abs() < 1e-8, "{best:?}");
    }

    #[test]
    fn a_bound_holds() {
        let best = least_squares(&[parameter(5.0, 2.0, 9.0), parameter(0.0, -9.0, 9.0)], |p| {
            vec![p[0] - 1.0, p[1] - p[0]]
        });
        assert!((best.at[0] - 2.0).abs() < 1e-9 && (best.at[1] - 2.0).abs() < 1e-8, "{best:?}");
    }
}
