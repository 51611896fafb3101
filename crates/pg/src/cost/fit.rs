//! Which few columns explain a goal, and how far off each may be: from sums of products, whatever their rows are.

use super::least_squares::Products;

/// How much better one more must explain a statement to be taken: F of one column more, far beyond chance.
const BETTER: f64 = 25.0;
/// Endpoints that one statement can be of.
const MOST_TAKEN: usize = 12;
/// A second's end cuts between a statement and its request: executions are off by about this much.
const CUT: f64 = 0.25;
/// A range of less than so much either way of a whole number is nearer to no other.
pub(super) const WHOLE: f64 = 0.5;

/// What endpoints' requests have in common with each other, row by row.
pub(super) struct Table<'t> {
    pub(super) products: &'t Products,
    pub(super) rows: f64,
}

/// … and with a statement's executions.
pub(super) struct Goal {
    pub(super) against: Vec<f64>,
    pub(super) squares: f64,
    pub(super) calls: f64,
}

impl Table<'_> {
    /// As few columns as explain a statement.
    pub(super) fn take(&self, columns: &[usize], goal: &Goal) -> Vec<usize> {
        let mut taken: Vec<usize> = Vec::new();
        while taken.len() < MOST_TAKEN {
            let before = self.fit(&taken, goal);
            // Time is no endpoint: it can only be added to one.
            let time = (!taken.is_empty()).then_some(&0);
            let candidates = columns.iter().chain(time).filter(|column| !taken.contains(column));
            let best = candidates
                .map(|column| ([taken.as_slice(), &[*column]].concat(), *column))
                .map(|(with, column)| (self.fit(&with, goal), column))
                .min_by(|left, right| left.0.rest.total_cmp(&right.0.rest));
            let Some((after, column)) = best.filter(|(after, _)| after.gains_on(&before)) else { break };
            taken.push(column);
            // Whether each of the others is still needed.
            let mut at = 0;
            let mut whole = after;
            while at < taken.len() && taken.len() > 1 {
                let mut without = taken.clone();
                without.remove(at);
                let less = self.fit(&without, goal);
                if taken[at] != column && without != [0] && !whole.gains_on(&less) {
                    taken = without;
                    whole = less;
                } else {
                    at += 1;
                }
            }
        }
        taken
    }

    /// Which endpoints would explain a statement about as well in the place of one that was taken, and by how many
    /// executions.
    pub(super) fn instead(
        &self,
        taken: &[usize],
        column: usize,
        columns: &[usize],
        fit: &Fit,
        goal: &Goal,
    ) -> Vec<(usize, f64)> {
        let others = columns.iter().filter(|other| !taken.contains(other));
        let tried = others.filter_map(|other| {
            let swapped: Vec<usize> =
                taken.iter().map(|known| if *known == column { *other } else { *known }).collect();
            let tried = self.fit(&swapped, goal);
            let per_request = tried.of(&swapped).find(|(known, _)| known == other).map(|(_, x)| x)?;
            (tried.rest - fit.rest < BETTER * fit.noise && per_request > 0.0).then_some((*other, per_request))
        });
        tried.collect()
    }

    /// How far off a part may be: by chance, and because one of the others may make some as well, which chance hides.
    pub(super) fn error(&self, taken: &[usize], at: usize, columns: &[usize], fit: &Fit, goal: &Goal) -> f64 {
        let alone = fit.solution[at];
        let others = columns.iter().chain([&0]).filter(|other| !taken.contains(other));
        let beside = others.map(|other| {
            let with = self.fit(&[taken, &[*other]].concat(), goal);
            let error = (with.solution[at] - alone).abs() + 2.0 * with.errors[at];
            // Something that runs anyway is only thought of where requests vary enough to tell it from them.
            if *other == 0 && error > WHOLE { 0.0 } else { error }
        });
        beside.fold(2.0 * fit.errors[at], f64::max)
    }

    pub(super) fn fit(&self, columns: &[usize], goal: &Goal) -> Fit {
        let products = self.products.of(columns);
        let target: Vec<f64> =
            columns.iter().map(|column| goal.against.get(*column).copied().unwrap_or_default()).collect();
        let solution = products.solve_nonnegative(&target);
        let explained: f64 = solution.iter().zip(&target).map(|(x, t)| x * t).sum();
        let rest = (goal.squares - 2.0 * explained + products.between(&solution, &solution)).max(0.0);
        let windows = self.rows;
        let freedom = (windows - columns.len() as f64).max(1.0);
        // However well it fits: seconds are cut between a statement and its request.
        let noise = (rest / freedom).max(CUT);
        let errors = products.uncertainty().iter().map(|error| (noise * error).sqrt()).collect();
        Fit { solution, errors, rest, noise }
    }
}

pub(super) struct Fit {
    pub(super) solution: Vec<f64>,
    pub(super) errors: Vec<f64>,
    rest: f64,
    noise: f64,
}

impl Fit {
    /// The columns with what they come to.
    pub(super) fn of<'c>(&'c self, columns: &'c [usize]) -> impl Iterator<Item = (usize, f64)> + 'c {
        columns.iter().copied().zip(self.solution.iter().copied())
    }

    /// Whether it is a good deal better than one with a column less.
    fn gains_on(&self, less: &Self) -> bool {
        less.rest - self.rest > BETTER * self.noise
    }
}
