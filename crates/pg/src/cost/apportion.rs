//! Whose statements they are: how many each endpoint makes per request, from what moves together.
//!
//! The server counts executions and knows no endpoints; we count requests and see no statements. Second by second the
//! executions of a statement are a sum over endpoints of requests × executions per request, so the latter are the
//! solution of least squares, none of them negative. Seconds are weighted as counts are uncertain (by 1/requests), with
//! which a single endpoint comes out at exactly executions ÷ requests. Some statements run whatever is asked for (a
//! job, a health check): a constant rate is taken in where it explains a good deal more.
//!
//! It is an inference. Endpoints whose requests always rise and fall together can't be told apart, and nothing is said
//! of them: a part is told only when its uncertainty is small. Where a statement's own comments name its endpoint,
//! these count and not the inference.

use std::collections::BTreeMap;

use super::least_squares::Products;

/// Endpoints that are looked at one by one; the requests of all others are one more.
const MOST: usize = 40;
/// What these are called together.
const OTHERS: &str = "other endpoints";
/// How much better a constant rate must explain a statement to be believed: F of one column more, far beyond chance.
const CONSTANT: f64 = 25.0;
/// A second's end cuts between a statement and its request: executions are off by about this much.
const CUT: f64 = 0.25;

/// The sums that say what moves together.
#[derive(Clone, Debug, Default)]
pub(super) struct Apportioning {
    endpoints: Vec<String>,
    /// Requests of each endpoint, in all.
    requests: Vec<f64>,
    /// The column of each endpoint, behind that of time.
    products: Products,
    windows: u64,
    seconds: f64,
    weights: f64,
}

/// What a statement's executions have in common with requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    against: Vec<f64>,
    squares: f64,
    /// Executions in all.
    calls: f64,
}

/// One window's requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    cells: Vec<f64>,
    weight: f64,
}

/// How many executions a request of an endpoint makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Apportioned {
    /// The endpoint.
    pub endpoint: String,
    /// Executions per request.
    pub per_request: f64,
    /// How it is known.
    pub told: Told,
}

/// How sure it is what an endpoint makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Statements say so themselves.
    ByComments,
    /// Inferred from what moves together.
    Inferred,
    /// What moves together does not tell.
    No,
}

impl Apportioning {
    /// Takes in the requests of a window that lasted so many seconds.
    pub(super) fn window(&mut self, seconds: f64, requests: &BTreeMap<String, f64>) -> Row {
        let mut cells = vec![0.0; self.endpoints.len() + 1];
        cells[0] = seconds;
        for (endpoint, number) in requests {
            let known = |name: &str, all: &[String]| all.iter().position(|known| known == name);
            let full = self.endpoints.len() >= MOST && known(endpoint, &self.endpoints).is_none();
            let name = if full { OTHERS } else { endpoint };
            let column = known(name, &self.endpoints).unwrap_or_else(|| {
                self.endpoints.push(name.to_owned());
                self.requests.push(0.0);
                cells.push(0.0);
                self.endpoints.len() - 1
            });
            cells[column + 1] += number;
            self.requests[column] += number;
        }
        let all: f64 = cells[1..].iter().sum();
        let weight = 1.0 / all.max(1.0);
        self.products.add(&cells, weight);
        self.windows += 1;
        self.seconds += seconds;
        self.weights += weight;
        Row { cells, weight }
    }

    /// Requests of an endpoint in all windows that were taken in.
    pub(super) fn requests(&self, endpoint: &str) -> f64 {
        self.endpoints.iter().position(|known| known == endpoint).map_or(0.0, |at| self.requests[at])
    }

    /// How many executions of a statement each endpoint makes per request; all that are not surely none.
    pub(super) fn solve(&self, part: &Part) -> Vec<Apportioned> {
        let columns: Vec<usize> =
            (1..=self.endpoints.len()).filter(|column| self.requests[column - 1] > 0.0).collect();
        if columns.is_empty() || part.calls <= 0.0 {
            return Vec::new();
        }
        let plain = self.fit(&columns, part);
        let mut with_time = columns.clone();
        with_time.push(0);
        let timed = self.fit(&with_time, part);
        let gained = (plain.rest - timed.rest) / (timed.rest / timed.freedom).max(f64::MIN_POSITIVE);
        let fit = if gained > CONSTANT && timed.constant > 0.0 { timed } else { plain };
        // What was counted in all is exact; the sums of a fit are a little off.
        let explained: f64 = columns.iter().zip(&fit.solution).map(|(c, x)| x * self.requests[c - 1]).sum();
        let whole = part.calls - fit.constant * fit.seconds;
        let scale = if explained > 0.0 { whole / explained } else { 1.0 };
        let scale = if (0.9..=1.1).contains(&scale) { scale } else { 1.0 };
        let enough = self.windows as f64 >= columns.len() as f64 + 4.0;
        let parts = columns.iter().zip(fit.solution.iter().zip(&fit.errors));
        parts
            .map(|(column, (per_request, error))| {
                let per_request = per_request * scale;
                let sure = enough && 2.0 * error <= (0.1 * per_request).max(0.05);
                Apportioned {
                    endpoint: self.endpoints[column - 1].clone(),
                    per_request,
                    told: if sure { Told::Inferred } else { Told::No },
                }
            })
            .filter(|part| part.told == Told::No || part.per_request >= 0.01)
            .collect()
    }

    fn fit(&self, columns: &[usize], part: &Part) -> Fit {
        let products = self.products.of(columns);
        let target: Vec<f64> =
            columns.iter().map(|column| part.against.get(*column).copied().unwrap_or_default()).collect();
        let solution = products.solve_nonnegative(&target);
        let explained: f64 = solution.iter().zip(&target).map(|(x, t)| x * t).sum();
        let rest = (part.squares - 2.0 * explained + products.between(&solution, &solution)).max(0.0);
        let freedom = (self.windows as f64 - columns.len() as f64).max(1.0);
        // However well it fits: seconds are cut between a statement and its request.
        let noise = (rest / freedom).max(CUT * self.weights / (self.windows as f64).max(1.0));
        let errors = products.uncertainty().iter().map(|error| (noise * error).sqrt()).collect();
        let timed = columns.last() == Some(&0);
        Fit {
            constant: if timed { solution.last().copied().unwrap_or_default() } else { 0.0 },
            seconds: self.seconds,
            solution,
            errors,
            rest,
            freedom,
        }
    }
}

struct Fit {
    solution: Vec<f64>,
    errors: Vec<f64>,
    /// Executions per second whatever is asked for.
    constant: f64,
    seconds: f64,
    rest: f64,
    freedom: f64,
}

impl Part {
    /// Takes in the executions of a window.
    pub(super) fn add(&mut self, row: &Row, calls: f64) {
        self.against.resize(self.against.len().max(row.cells.len()), 0.0);
        for (sum, cell) in self.against.iter_mut().zip(&row.cells) {
            *sum += cell * calls * row.weight;
        }
        self.squares += calls * calls * row.weight;
        self.calls += calls;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same every time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, most: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % most
        }
    }

    /// A minute of requests to each endpoint as given, and of a statement that they make so often.
    fn minute(
        endpoints: &[(&str, f64)],
        constant: f64,
        mut requests: impl FnMut(usize, u64) -> f64,
    ) -> (Apportioning, Part) {
        let (mut apportioning, mut part) = (Apportioning::default(), Part::default());
        for second in 0..60 {
            let made: Vec<f64> = (0..endpoints.len()).map(|at| requests(at, second)).collect();
            let named = endpoints.iter().zip(&made).map(|((name, _), made)| ((*name).to_owned(), *made));
            let row = apportioning.window(1.0, &named.collect());
            let calls: f64 = endpoints.iter().zip(&made).map(|((_, per), made)| per * made).sum();
            part.add(&row, calls + constant);
        }
        (apportioning, part)
    }

    fn told(apportioning: &Apportioning, part: &Part) -> Vec<(String, f64, Told)> {
        let parts = apportioning.solve(part).into_iter();
        parts.map(|part| (part.endpoint, (part.per_request * 100.0).round() / 100.0, part.told)).collect()
    }

    #[test]
    fn what_varies_by_itself_is_told_apart() {
        let mut chance = Chance(7);
        let endpoints = [("list", 21.0), ("search", 2.0), ("home", 0.0)];
        let (apportioning, part) =
            minute(&endpoints, 0.0, |at, _| (20 * (at as u64 + 1) + chance.below(15)) as f64);
        assert_eq!(
            told(&apportioning, &part),
            [("list".to_owned(), 21.0, Told::Inferred), ("search".to_owned(), 2.0, Told::Inferred)]
        );
    }

    #[test]
    fn one_endpoint_is_the_ratio_also_at_a_constant_rate() {
        let (apportioning, part) = minute(&[("only", 3.0)], 0.0, |_, _| 50.0);
        assert_eq!(told(&apportioning, &part), [("only".to_owned(), 3.0, Told::Inferred)]);
    }

    #[test]
    fn what_always_moves_together_is_not_told_apart() {
        let (apportioning, part) = minute(&[("a", 1.0), ("b", 4.0)], 0.0, |_, second| 10.0 + second as f64);
        assert!(told(&apportioning, &part).iter().all(|(_, _, told)| *told == Told::No));
    }

    #[test]
    fn a_job_that_runs_anyway_is_nobodys() {
        let mut chance = Chance(3);
        let (apportioning, part) = minute(&[("a", 1.0)], 40.0, |_, _| (10 + chance.below(90)) as f64);
        let parts = told(&apportioning, &part);
        assert_eq!(parts, [("a".to_owned(), 1.0, Told::Inferred)]);
    }

    #[test]
    fn too_short_a_run_tells_nothing() {
        let mut apportioning = Apportioning::default();
        let mut part = Part::default();
        for _ in 0..2 {
            let row = apportioning.window(1.0, &[("a".to_owned(), 5.0)].into());
            part.add(&row, 10.0);
        }
        assert_eq!(apportioning.solve(&part)[0].told, Told::No);
    }
}
