//! Least squares whose solution has no negative part, from sums and not from rows.
//!
//! Lawson and Hanson's active set (Solving Least Squares Problems, 1974, chapter 23), on the normal equations: a run of
//! a day is some sums then, not a table. What is solved has a few dozen columns, so plain Cholesky does.

/// A symmetric matrix of sums of products.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Products(Vec<Vec<f64>>);

/// Beside the largest of its diagonal a pivot of this size is nothing: the column is made of the ones before it.
const NOTHING: f64 = 1e-9;
/// Ends what rounding might keep going in circles.
const ROUNDS: usize = 3;

impl Products {
    /// Makes room for so many columns.
    pub(super) fn grow(&mut self, columns: usize) {
        for row in &mut self.0 {
            row.resize(columns, 0.0);
        }
        self.0.resize_with(columns, || vec![0.0; columns]);
    }

    /// Adds a row of the table.
    pub(super) fn add(&mut self, row: &[f64]) {
        self.grow(row.len().max(self.0.len()));
        for (i, left) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            for (j, right) in row.iter().enumerate() {
                self.0[i][j] += left * right;
            }
        }
    }

    /// The part of some columns.
    pub(super) fn of(&self, columns: &[usize]) -> Self {
        Self(columns.iter().map(|i| columns.iter().map(|j| self.0[*i][*j]).collect()).collect())
    }

    /// The sum of the products of two columns.
    pub(super) fn between_columns(&self, left: usize, right: usize) -> f64 {
        self.0[left][right]
    }

    /// `left`ᵀ · self · `right`.
    pub(super) fn between(&self, left: &[f64], right: &[f64]) -> f64 {
        let row = |row: &Vec<f64>| row.iter().zip(right).map(|(product, value)| product * value).sum::<f64>();
        self.0.iter().zip(left).map(|(products, value)| value * row(products)).sum()
    }

    /// The lower triangle whose product with itself this is; `None` for columns that are made of others.
    fn triangle(&self) -> Option<Vec<Vec<f64>>> {
        let size = self.0.len();
        let largest = (0..size).map(|i| self.0[i][i]).fold(0.0, f64::max);
        let mut lower = vec![vec![0.0; size]; size];
        for i in 0..size {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
                let rest = self.0[i][j] - known;
                if i != j {
                    lower[i][j] = rest / lower[j][j];
                } else if rest > NOTHING * largest.min(self.0[i][i].max(f64::MIN_POSITIVE)) && rest > 0.0 {
                    lower[i][i] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(lower)
    }

    /// What gives `target` when multiplied.
    pub(super) fn solve(&self, target: &[f64]) -> Option<Vec<f64>> {
        let lower = self.triangle()?;
        let size = target.len();
        let mut solution = target.to_vec();
        for i in 0..size {
            let known: f64 = (0..i).map(|k| lower[i][k] * solution[k]).sum();
            solution[i] = (solution[i] - known) / lower[i][i];
        }
        for i in (0..size).rev() {
            let known: f64 = (i + 1..size).map(|k| lower[k][i] * solution[k]).sum();
            solution[i] = (solution[i] - known) / lower[i][i];
        }
        Some(solution)
    }

    /// The diagonal of the inverse: how uncertain each part of a solution is, for a noise of 1. Infinite for columns
    /// that others can stand for.
    pub(super) fn uncertainty(&self) -> Vec<f64> {
        let size = self.0.len();
        let all: Vec<usize> = (0..size).collect();
        (0..size)
            .map(|column| {
                // What is left of a column when the others have explained what they can.
                let others: Vec<usize> = all.iter().copied().filter(|other| *other != column).collect();
                let cross: Vec<f64> = others.iter().map(|other| self.0[*other][column]).collect();
                let own = self.0[column][column];
                let (others, kept) = self.of(&others).independent();
                let cross: Vec<f64> = kept.iter().map(|at| cross[*at]).collect();
                let explained = others.solve(&cross).map(|solution| dot(&solution, &cross));
                let left = own - explained.unwrap_or_default();
                if left > NOTHING * own { 1.0 / left } else { f64::INFINITY }
            })
            .collect()
    }

    /// Those columns that are not made of ones before them, and which they are.
    fn independent(&self) -> (Self, Vec<usize>) {
        let mut kept: Vec<usize> = Vec::new();
        for column in 0..self.0.len() {
            kept.push(column);
            if self.of(&kept).triangle().is_none() {
                kept.pop();
            }
        }
        (self.of(&kept), kept)
    }

    /// The solution of least squares without a negative part.
    pub(super) fn solve_nonnegative(&self, target: &[f64]) -> Vec<f64> {
        let size = target.len();
        let mut solution = vec![0.0; size];
        let mut passive: Vec<usize> = Vec::new();
        let tolerance = 1e-10 * target.iter().map(|value| value.abs()).fold(0.0, f64::max);
        for _ in 0..ROUNDS * size.max(1) {
            let gradient = |column: usize| target[column] - dot(&self.0[column], &solution);
            let steepest = (0..size)
                .filter(|column| !passive.contains(column))
                .map(|column| (column, gradient(column)))
                .filter(|(column, slope)| *slope > tolerance && self.0[*column][*column] > 0.0)
                .max_by(|left, right| left.1.total_cmp(&right.1));
            let Some((column, _)) = steepest else { break };
            passive.push(column);
            loop {
                let wanted: Vec<f64> = passive.iter().map(|column| target[*column]).collect();
                let Some(free) = self.of(&passive).solve(&wanted) else {
                    // Made of those that are there already.
                    passive.pop();
                    return solution;
                };
                if free.iter().all(|value| *value > 0.0) {
                    solution.fill(0.0);
                    passive.iter().zip(&free).for_each(|(column, value)| solution[*column] = *value);
                    break;
                }
                let step = passive
                    .iter()
                    .zip(&free)
                    .filter(|(_, value)| **value <= 0.0)
                    .map(|(column, value)| solution[*column] / (solution[*column] - value))
                    .fold(1.0, f64::min);
                for (column, value) in passive.iter().zip(&free) {
                    solution[*column] += step * (value - solution[*column]);
                }
                passive.retain(|column| solution[*column] > 1e-12);
                if passive.is_empty() {
                    break;
                }
            }
        }
        solution
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn solve(rows: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
        let mut products = Products::default();
        let mut against = vec![0.0; rows[0].len()];
        for (row, value) in rows.iter().zip(target) {
            products.add(row);
            against.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell * value);
        }
        products.solve_nonnegative(&against)
    }

    proptest! {
        /// The conditions of Karush, Kuhn and Tucker, which only the solution has.
        #[test]
        fn no_other_solution_is_better(
            rows in prop::collection::vec(prop::collection::vec(0.0_f64..100.0, 4), 6..40),
            target in prop::collection::vec(-50.0_f64..500.0, 40),
        ) {
            let solution = solve(&rows, &target);
            prop_assert!(solution.iter().all(|value| *value >= 0.0));
            let scale: f64 = rows.iter().flatten().sum::<f64>() * 500.0 + 1.0;
            for column in 0..4 {
                let slope: f64 =
                    rows.iter().zip(&target).map(|(row, value)| row[column] * (value - dot(row, &solution))).sum();
                prop_assert!(slope <= 1e-7 * scale, "{slope} {solution:?}");
                if solution[column] > 1e-6 {
                    prop_assert!(slope.abs() <= 1e-7 * scale, "{slope} {solution:?}");
                }
            }
        }

        #[test]
        fn what_was_put_in_comes_out(
            rows in prop::collection::vec(prop::collection::vec(1.0_f64..100.0, 3), 12..40),
            truth in prop::collection::vec(0.0_f64..5.0, 3),
        ) {
            let target: Vec<f64> = rows.iter().map(|row| dot(row, &truth)).collect();
            for (found, truth) in solve(&rows, &target).iter().zip(&truth) {
                prop_assert!((found - truth).abs() < 1e-3, "{found} {truth}");
            }
        }
    }

    #[test]
    fn columns_that_move_together_are_infinitely_uncertain() {
        let mut products = Products::default();
        for second in 1..20 {
            let rate = f64::from(second);
            products.add(&[rate, 2.0 * rate, f64::from(second % 5)]);
        }
        let uncertainty = products.uncertainty();
        assert!(uncertainty[0].is_infinite() && uncertainty[1].is_infinite() && uncertainty[2] < 1.0);
    }
}
