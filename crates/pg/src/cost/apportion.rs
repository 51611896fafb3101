//! Whose statements they are: how many each endpoint makes per request, from what moves together.
//!
//! The server counts executions and knows no endpoints; we count requests and see no statements. Second by second the
//! executions of a statement are a sum over endpoints of requests × executions per request, so the latter are the
//! solution of least squares, none of them negative. All seconds weigh the same: what makes a count uncertain is mostly
//! what was under way when it was cut off, which is as much in busy seconds as in others. What was counted in all is
//! exact, so solutions are scaled to it where chance explains the difference, and a single endpoint comes out at
//! exactly executions ÷ requests.
//!
//! Nearly every statement is of few endpoints, so as few are taken as explain it: one after the other, each only if it
//! explains a good deal more, and out again if the others do without it. A constant rate is one of them, for what runs
//! whatever is asked for (a job, a health check).
//!
//! It is an inference. Where another endpoint would explain a statement as well as the one that was taken, because
//! their requests always rise and fall together, neither is told. Where a statement's own comments name its endpoints,
//! only these are asked ([`super::heard`]). What moves together is looked for from second to second and, where what is
//! left then comes and goes and does not wander off, in where the sums stood, which tells more. The range that is given
//! holds what chance makes of it, and what would be if one of the other endpoints made some of it as well, which chance
//! may hide. Where there is one whole number within it and none near its ends, that is told: code makes whole numbers
//! of statements, and what is beyond is as well another's.
//!
//! Before all this it is seen whether whole numbers alone explain a statement, moment by moment ([`super::whole`]):
//! then they are exact, and otherwise what is said here has an error. Where a short run leaves several choices of whole
//! numbers, what moves together still decides between them, with its error.

use std::collections::BTreeMap;

use super::fit::{Goal, Table, WHOLE};
use super::least_squares::Products;
use super::path::{self, Path};
use super::whole::{Explained, Levels, Pace};

/// Endpoints that are looked at one by one; the requests of all others are one more.
const MOST: usize = 40;
/// What these are called together.
const OTHERS: &str = "other endpoints";
/// Windows beside those that it takes to solve anything.
const FREE: f64 = 4.0;
/// Requests without which nothing is said of an endpoint.
const FEWEST: f64 = 20.0;

/// The sums that say what moves together.
#[derive(Clone, Debug, Default)]
pub(super) struct Apportioning {
    pub(super) endpoints: Vec<String>,
    /// Requests of each endpoint, in all.
    pub(super) requests: Vec<f64>,
    /// The column of each endpoint, behind that of time.
    pub(super) products: Products,
    /// Where the sum of each column stood.
    paths: Vec<Path>,
    pub(super) windows: u64,
    seconds: f64,
    gaps: u32,
}

/// What a statement's executions have in common with requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) against: Vec<f64>,
    pub(super) squares: f64,
    /// Executions in all.
    pub(super) calls: f64,
    /// Where their sum stood.
    pub(super) path: Path,
}

/// By how much more these numbers may be wrong than if rows were by themselves; nothing where that cannot be told.
type Inflation<'i> = dyn Fn(&[(usize, f64)]) -> Option<f64> + 'i;

/// One window's requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    window: u64,
    cells: Vec<f64>,
}

/// Where all sums of requests stood, and when.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) moments: Vec<u64>,
    pub(super) levels: Levels,
}

/// How many executions a request of an endpoint makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Apportioned {
    /// The endpoint.
    pub endpoint: String,
    /// Executions per request.
    pub per_request: f64,
    /// By how much that may be wrong, either way; zero for whole numbers that alone explain what was counted.
    pub error: f64,
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
        self.products.add(&cells);
        let window = self.windows;
        self.paths.resize_with(cells.len(), Path::default);
        for (path, cell) in self.paths.iter_mut().zip(&cells).filter(|(_, cell)| **cell > 0.0) {
            path.add(window, *cell);
        }
        self.windows += 1;
        self.seconds += seconds;
        Row { window, cells }
    }

    /// Nothing was counted between the window before and the next one.
    pub(super) fn gap(&mut self) {
        self.gaps += 1;
    }

    /// Where sums stood. `response_s` is how long requests of an endpoint took, on average.
    pub(super) fn course(&self, response_s: &dyn Fn(&str) -> f64) -> Course {
        let moments = path::moments(self.windows);
        let columns = self.paths.iter().map(|path| path.at(&moments)).collect();
        let windows_per_s = self.windows as f64 / self.seconds.max(0.001);
        let paces: Vec<Pace> = (1..=self.endpoints.len())
            .map(|column| {
                // As many as a request finds beside it, so that quiet times do not count.
                let squares = self.products.between_columns(column, column);
                let beside = squares / self.requests[column - 1].max(1.0) - 1.0;
                let per_s = (beside * windows_per_s).max(self.requests[column - 1] / self.seconds.max(0.001));
                Pace { per_s, response_s: response_s(&self.endpoints[column - 1]) }
            })
            .collect();
        let tried: Vec<usize> =
            (1..=self.endpoints.len()).filter(|column| self.requests[column - 1] >= FEWEST).collect();
        Course { moments, levels: Levels::new(columns, &paces, &tried, self.gaps) }
    }

    /// Requests of an endpoint in all windows that were taken in.
    pub(super) fn requests(&self, endpoint: &str) -> f64 {
        self.column(endpoint).map_or(0.0, |column| self.requests[column - 1])
    }

    /// The column of an endpoint.
    pub(super) fn column(&self, endpoint: &str) -> Option<usize> {
        self.endpoints.iter().position(|known| known == endpoint).map(|at| at + 1)
    }

    /// Whether an endpoint had requests enough for anything to be said of it.
    pub(super) fn tells_of(&self, endpoint: &str) -> bool {
        self.requests(endpoint) >= FEWEST && self.windows as f64 >= 1.0 + FREE
    }

    /// How many executions of a statement each endpoint makes per request: those that explain it, and those that might.
    /// Without a course only what moves together is asked.
    pub(super) fn solve(&self, part: &Part, course: Option<&Course>) -> Vec<Apportioned> {
        if part.calls <= 0.0 {
            return Vec::new();
        }
        let of = |told: Told| {
            move |(column, per_request): (usize, f64)| Apportioned {
                endpoint: self.endpoints[column - 1].clone(),
                per_request,
                error: 0.0,
                told,
            }
        };
        let explained = course.map(|course| course.levels.explain(&part.path.at(&course.moments)));
        match explained.unwrap_or(Explained::No) {
            Explained::By(numbers) => {
                let of_endpoints = numbers.into_iter().filter(|(column, _)| *column > 0);
                of_endpoints.map(of(Told::Inferred)).collect()
            }
            Explained::Either { sure, open } => {
                let estimated = self.estimate(part, course);
                let is_open = |one: &&Apportioned| sure.iter().all(|(column, _)| !self.is_of(one, *column));
                let is_told = |one: &Apportioned| one.told == Told::Inferred;
                let agrees = |(column, per): &(usize, f64)| {
                    estimated
                        .iter()
                        .any(|one| self.is_of(one, *column) && (one.per_request - per).abs() < 0.5)
                };
                let open: Vec<Apportioned> = if estimated.iter().all(is_told) && sure.iter().all(agrees) {
                    estimated.iter().filter(is_open).cloned().collect()
                } else {
                    open.into_iter().map(of(Told::No)).collect()
                };
                sure.iter().copied().map(of(Told::Inferred)).chain(open).collect()
            }
            Explained::No => self.estimate(part, course),
        }
    }

    fn is_of(&self, one: &Apportioned, column: usize) -> bool {
        self.endpoints[column - 1] == one.endpoint
    }

    /// Whether it is asked together with others, so that chance would tell which of them it is.
    fn is_together(&self, one: &Apportioned, course: &Course) -> bool {
        (1..=self.endpoints.len()).any(|column| self.is_of(one, column) && course.levels.is_together(column))
    }

    /// What moves together: from second to second, or, where what is left then comes back and does not wander off, over
    /// the run as a whole, which tells far more; what has the smaller error counts.
    fn estimate(&self, part: &Part, course: Option<&Course>) -> Vec<Apportioned> {
        let table = Table { products: &self.products, rows: self.windows as f64 };
        let goal = Goal { against: part.against.clone(), squares: part.squares, calls: part.calls };
        let mut by_second = self.estimate_by(&table, &goal, &|_| Some(1.0));
        let Some(course) = course else { return by_second };
        let levels = part.path.at(&course.moments);
        let (products, against, squares) = course.levels.sums(&levels);
        let table = Table { products, rows: course.moments.len() as f64 };
        let goal = Goal { against, squares, calls: part.calls };
        let mut in_all =
            self.estimate_by(&table, &goal, &|numbers| course.levels.inflation(&levels, numbers));
        for one in by_second.iter_mut().chain(&mut in_all) {
            // Chance would tell which of them it is.
            if self.is_together(one, course) {
                one.told = Told::No;
            }
        }
        let doubt = |parts: &[Apportioned]| match parts {
            [] => f64::INFINITY,
            parts => parts
                .iter()
                .map(|one| if one.told == Told::No { f64::INFINITY } else { one.error })
                .fold(0.0, f64::max),
        };
        if doubt(&in_all) < doubt(&by_second) { in_all } else { by_second }
    }

    /// What explains a goal, by one table; nothing of it is told where what it leaves is not by chance.
    fn estimate_by(&self, table: &Table<'_>, goal: &Goal, inflation: &Inflation<'_>) -> Vec<Apportioned> {
        let endpoints = (1..=self.endpoints.len()).filter(|column| self.requests[column - 1] > 0.0);
        let columns: Vec<usize> = endpoints.collect();
        let taken = table.take(&columns, goal);
        let fit = table.fit(&taken, goal);
        let free = table.rows - taken.len() as f64;
        let explained: f64 =
            fit.of(&taken).filter(|(c, _)| *c > 0).map(|(c, x)| x * self.requests[c - 1]).sum();
        let whole =
            goal.calls - fit.of(&taken).filter(|(c, _)| *c == 0).map(|(_, x)| x * self.seconds).sum::<f64>();
        let scale = if explained > 0.0 { whole / explained } else { 1.0 };
        // … unless more is missing than chance makes: that is of endpoints that were not taken.
        let of_endpoints = fit.of(&taken).zip(&fit.errors).filter(|((column, _), _)| *column > 0);
        let is_scaled =
            of_endpoints.into_iter().all(|((_, x), error)| (x * (scale - 1.0)).abs() <= 2.0 * error);
        let scale = if is_scaled { scale } else { 1.0 };
        let inflation = inflation(&fit.of(&taken).collect::<Vec<_>>());
        let mut parts = Vec::new();
        for (at, (column, per_request)) in fit.of(&taken).enumerate().filter(|(_, (column, _))| *column > 0) {
            let per_request = per_request * scale;
            let error = table.error(&taken, at, &columns, &fit, goal) * inflation.unwrap_or(1.0)
                + (per_request - fit.solution[at]).abs();
            let others = table.instead(&taken, column, &columns, &fit, goal);
            let of = |column: usize, (per_request, error), told| Apportioned {
                endpoint: self.endpoints[column - 1].clone(),
                per_request,
                error,
                told,
            };
            let whole = (columns.len() > 1).then(|| as_whole(per_request, error)).flatten();
            let (per_request, error) = whole.unwrap_or((per_request, error));
            let is_narrow = whole.is_some() || error <= (0.1 * per_request).max(0.05);
            let sure = others.is_empty() && free >= FREE && is_narrow && inflation.is_some();
            parts.push(of(column, (per_request, error), if sure { Told::Inferred } else { Told::No }));
            parts.extend(others.into_iter().map(|(other, per)| of(other, (per, error), Told::No)));
        }
        parts
    }
}

/// An estimate as the one whole number within its range, where there is one, with a range that holds all that it did.
pub(super) fn as_whole(estimate: f64, error: f64) -> Option<(f64, f64)> {
    let whole = estimate.round().max(1.0);
    let off = (estimate - whole).abs();
    (error + off < WHOLE && off <= error).then_some((whole, error + off))
}

impl Part {
    /// Takes in the executions of a window.
    pub(super) fn add(&mut self, row: &Row, calls: f64) {
        self.against.resize(self.against.len().max(row.cells.len()), 0.0);
        for (sum, cell) in self.against.iter_mut().zip(&row.cells) {
            *sum += cell * calls;
        }
        self.squares += calls * calls;
        self.calls += calls;
        self.path.add(row.window, calls);
    }
}
