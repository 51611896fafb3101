//! Whole numbers of executions per request, where they alone explain what was counted.
//!
//! Code nearly always makes a whole number of statements for a request. If it does, executions and requests never part:
//! at each moment the sum of executions is that of requests × executions per request, but for what is under way. For
//! any other numbers the two drift apart as the run goes on. So numbers are held against where sums stood
//! ([`Path`](super::path::Path)), and are taken when they stay within what can be under way until the end.
//!
//! That others do not do as well is what makes it knowledge. Every choice of up to three endpoints is tried, with any
//! numbers, whole or not, and a constant rate among them. If another choice explains the statement about as well, it
//! cannot be told which it is, and only what all of them agree on is. Nor may it hang on milliseconds which of two
//! endpoints it is that are always asked one right after the other. If another choice explains it far better, then what
//! is under way is not all that is left. And when all is over nothing is under way any more: what the sums differ by
//! then must be too little for losses or retries worth a digit. Where a request makes a statement only now and then
//! nothing stays within these bounds, and nothing is said here.

use std::collections::BTreeMap;

use super::least_squares::Products;

/// Endpoints that one statement can be of for all of its rivals to be tried.
const MOST: usize = 3;
/// Moments that it takes.
const FEWEST_MOMENTS: usize = 10;
/// … and where it is known whose statements they are.
const FEWEST_HEARD: usize = 4;
/// How far the moments of snapshots and of requests are apart, in seconds: both are heard of, not seen.
const APART_S: f64 = 0.03;
/// So many standard deviations of what is under way are within bounds.
const DEVIATIONS: f64 = 2.0;
/// The share of moments that must be within bounds: a machine that stalls is late with one, not with many.
const WITHIN: f64 = 0.9;
/// What is left unexplained may be so many times what the best choice leaves, as a mean square: numbers that are free
/// fit some of what is under way.
const WORSE: f64 = 3.0;
/// What is left unexplained whatever is taken: whole executions, cut anywhere.
const CUT: f64 = 0.25;
/// How much of a delay may come and go.
const VARYING: f64 = 0.3;
/// So many times as much as from one moment to the next is varied by what wanders off.
const WANDERS: f64 = 2.5;
/// Endpoints that are asked within this of each other, in seconds, and equally often but for this share, are always
/// asked together; one may be asked so many times as often.
const SOON_S: f64 = 0.6;
const TOGETHER: f64 = 0.005;
const MANY: f64 = 4.0;
/// Endpoints that are asked by chance part from each other and come together again by the end: by a sixth of their
/// number on average, as a mean square.
const CHANCE: f64 = 1.0 / 40.0;
/// What may be left in the end, beside one, as a share of what each endpoint made.
const PRECISE: f64 = 0.002;

/// Columns with executions per request.
pub(super) type Numbers = Vec<(usize, f64)>;

/// Where the requests of each endpoint stood.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// By column and moment; the first is time.
    columns: Vec<Vec<f64>>,
    products: Products,
    /// By column: the mean square of how far executions and requests are apart at one moment, for one execution per
    /// request.
    apart: Vec<f64>,
    /// By column: how many executions a request that is counted too late, or too early, can be in arrears.
    late: Vec<f64>,
    /// By column: requests that come within a moment.
    soon: Vec<f64>,
    /// Columns that may explain a statement together, the fewest first.
    choices: Vec<Vec<usize>>,
    /// Columns that are always asked together with others, and these.
    together: BTreeMap<usize, Vec<usize>>,
}

/// How often an endpoint is asked when it is, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Requests per second, while there are some.
    pub(super) per_s: f64,
    /// How long one is under way.
    pub(super) response_s: f64,
}

impl Pace {
    /// The mean square of the number of requests that are counted on one side and not on the other: of what comes by
    /// chance as much as there is on average, and that squared.
    fn apart(&self) -> f64 {
        [self.per_s * self.response_s, self.per_s * APART_S]
            .iter()
            .map(|number| number * (1.0 + number))
            .sum()
    }
}

/// What whole numbers explain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Explained {
    /// These columns alone, with so many executions per request, give or take nothing.
    By(Numbers),
    /// Several choices do: what they agree on, and what it may be beside that.
    Either {
        /// Columns with the whole number that all choices have.
        sure: Numbers,
        /// Columns with what one of the choices has.
        open: Numbers,
    },
    /// Nothing: executions are of more endpoints, or not the same number for each request.
    No,
}

impl Levels {
    /// Of columns at the same moments. The first is time, and the others have paces. `tried` are those that may explain
    /// a statement, and `gaps` is how often nothing was counted for a while.
    pub(super) fn new(columns: Vec<Vec<f64>>, paces: &[Pace], tried: &[usize], gaps: u32) -> Self {
        let means: Vec<f64> = columns.iter().map(|column| mean(column)).collect();
        let mut products = Products::default();
        for moment in 0..columns.first().map_or(0, Vec::len) {
            let row = columns.iter().zip(&means).map(|(column, mean)| column[moment] - mean);
            products.add(&row.collect::<Vec<_>>());
        }
        // What is under way when a gap begins or ends is counted on one side only.
        let apart = paces.iter().map(|pace| pace.apart() * f64::from(1 + gaps));
        let apart = std::iter::once(0.0).chain(apart).collect();
        let late = paces.iter().map(|pace| pace.per_s * (pace.response_s + APART_S));
        let late = std::iter::once(0.0).chain(late).collect();
        let soon = paces.iter().map(|pace| pace.per_s * (pace.response_s + SOON_S));
        let soon = std::iter::once(0.0).chain(soon).collect();
        let choices = choices(tried);
        let mut levels = Self { columns, products, apart, late, soon, choices, together: BTreeMap::new() };
        levels.find_together(tried);
        levels
    }

    /// Which columns explain a statement that stood at these levels.
    pub(super) fn explain(&self, statement: &[f64]) -> Explained {
        let all = statement.last().copied().unwrap_or_default();
        if statement.len() < FEWEST_MOMENTS || all <= 0.0 {
            return Explained::No;
        }
        let against = self.against(statement);
        let solved: Vec<(Numbers, Rest)> = self
            .choices
            .iter()
            .filter_map(|choice| {
                let target: Vec<f64> = choice.iter().map(|column| against[*column]).collect();
                let found = self.products.of(choice).solve(&target)?;
                let found: Numbers = choice.iter().copied().zip(found).collect();
                let is_any = found.iter().all(|(_, per)| *per > 0.0);
                is_any.then(|| self.rest(statement, &found)).map(|rest| (found, rest))
            })
            .collect();
        let best = solved.iter().map(|(_, rest)| rest.variance).fold(f64::INFINITY, f64::min);
        let well = WORSE * best.max(CUT);
        let (mut taken, mut rivals): (Vec<Numbers>, Vec<Numbers>) = Default::default();
        for (found, rest) in solved {
            let does_well = rest.variance <= well;
            for numbers in whole(&found).into_iter().filter(|one| self.is_precise(one, all)) {
                let rest = self.rest(statement, &numbers);
                if does_well && self.is_under_way(&rest, &numbers) {
                    taken.push(numbers);
                } else if rest.variance <= well {
                    rivals.push(numbers);
                }
            }
            // An endpoint that makes a statement now and then may well be all of it, but hardly beside another one:
            // what is under way is as good a reason.
            let endpoints = found.iter().filter(|(column, _)| *column > 0);
            let is_likely = found.len() == 1 || endpoints.into_iter().all(|(_, per)| *per >= 0.5);
            let is_job = |(column, per): &(usize, f64)| *column > 0 || per * self.end(0) > self.apart(&found);
            if does_well && is_likely && found.iter().all(is_job) {
                rivals.push(found);
            }
        }
        if let ([one], Some(of_one)) = (taken.as_slice(), rivals.first())
            && rivals.len() == 1
            && of_one.len() == one.len()
            && of_one.iter().all(|(column, _)| of(one, *column).is_some())
        {
            return self.unless_together(one);
        }
        match taken.as_slice() {
            [] => Explained::No,
            _ => agreed(&taken, &rivals),
        }
    }

    /// Whether these numbers are all that a statement's executions come to, at nearly all moments and in the end.
    pub(super) fn adds_up(&self, statement: &[f64], numbers: &[(usize, f64)]) -> bool {
        let all = statement.last().copied().unwrap_or_default();
        statement.len() >= FEWEST_HEARD
            && self.is_precise(numbers, all)
            && self.is_under_way(&self.rest(statement, numbers), numbers)
    }

    /// Whether what these numbers leave may be what is under way.
    fn is_under_way(&self, rest: &Rest, numbers: &[(usize, f64)]) -> bool {
        rest.end.max(rest.most) <= self.apart(numbers) && rest.comes_back(self.late(numbers))
    }

    /// What the columns have in common with each other, and with a statement that stood at these levels; all about
    /// their means.
    pub(super) fn sums(&self, statement: &[f64]) -> (&Products, Vec<f64>, f64) {
        let center = mean(statement);
        let squares = statement.iter().map(|level| (level - center).powi(2)).sum();
        (&self.products, self.against(statement), squares)
    }

    fn against(&self, statement: &[f64]) -> Vec<f64> {
        let center = mean(statement);
        let with = |column: &Vec<f64>| {
            column.iter().zip(statement).map(|(column, level)| column * (level - center)).sum()
        };
        self.columns.iter().map(with).collect()
    }

    /// By how much more what these numbers leave makes wrong than if each moment were by itself, where it comes and
    /// goes and does not wander off: of what follows the moment before by the factor ρ, √((1 + ρ) ÷ (1 − ρ)).
    pub(super) fn inflation(&self, statement: &[f64], numbers: &[(usize, f64)]) -> Option<f64> {
        let rest = self.rest(statement, numbers);
        let is_known = statement.len() >= FEWEST_MOMENTS && rest.by_moment > 0.0 && rest.comes_back(0.0);
        is_known.then(|| (2.0 * rest.variance / rest.by_moment - 1.0).max(1.0).sqrt())
    }

    /// Whether this column is always asked together with others.
    pub(super) fn is_together(&self, column: usize) -> bool {
        self.together.contains_key(&column)
    }

    /// These, but for endpoints that are always asked together with others.
    fn unless_together(&self, numbers: &[(usize, f64)]) -> Explained {
        let is_sure = |(column, _): &&(usize, f64)| !self.together.contains_key(column);
        let (sure, mut open): (Vec<_>, Vec<_>) =
            numbers.iter().filter(|(column, _)| *column > 0).partition(is_sure);
        if open.is_empty() {
            return Explained::By(numbers.to_vec());
        }
        for (column, per) in open.clone() {
            for other in self.together.get(&column).into_iter().flatten() {
                if of(&open, *other).is_none() && of(&sure, *other).is_none() {
                    open.push((*other, per));
                }
            }
        }
        Explained::Either { sure, open }
    }

    /// Endpoints that are asked as often as others, a moment before or after: one for one, one for several, or one for
    /// one of two.
    fn find_together(&mut self, tried: &[usize]) {
        let others = |left: usize| tried.iter().copied().filter(move |right| *right != left);
        for left in tried.iter().copied() {
            for right in others(left) {
                let many = (self.end(left) / self.end(right)).round();
                if (1.0..=MANY).contains(&many) && self.are_together(left, &[(right, many)]) {
                    self.together.entry(left).or_default().push(right);
                    self.together.entry(right).or_default().push(left);
                }
                for third in others(left).filter(|third| right < *third) {
                    if self.are_together(left, &[(right, 1.0), (third, 1.0)]) {
                        self.together.entry(left).or_default().extend([right, third]);
                        self.together.entry(right).or_default().push(left);
                        self.together.entry(third).or_default().push(left);
                    }
                }
            }
        }
    }

    fn are_together(&self, one: usize, others: &[(usize, f64)]) -> bool {
        let sum: f64 = others.iter().map(|(column, many)| many * self.end(*column)).sum();
        let rest = self.rest(&self.columns[one], others);
        // Those that come by chance are apart by a good part of their number, as a mean square.
        let is_chance = rest.variance > CHANCE * sum;
        (self.end(one) - sum).abs() <= 2.0 + TOGETHER * sum && rest.most <= self.soon[one] && !is_chance
    }

    /// Whether what is left in the end could be no part of an endpoint's executions that is worth a digit. A constant
    /// rate makes up for whatever is left, so that nothing beside one is known as exactly.
    fn is_precise(&self, numbers: &[(usize, f64)], all: f64) -> bool {
        let explained: f64 = numbers.iter().map(|(column, per)| per * self.end(*column)).sum();
        let left = (all - explained).abs() - 1.0;
        numbers.iter().all(|(column, per)| *column > 0 && left <= PRECISE * per * self.end(*column))
    }

    fn end(&self, column: usize) -> f64 {
        self.columns[column].last().copied().unwrap_or_default()
    }

    /// How far executions and requests can be apart at one moment.
    pub(super) fn apart(&self, numbers: &[(usize, f64)]) -> f64 {
        let squares: f64 = numbers.iter().map(|(column, per)| per * per * self.apart[*column]).sum();
        DEVIATIONS * (0.25 + squares).sqrt()
    }

    /// How much it can vary how far they are apart, because requests are counted when they end, and heard of later.
    fn late(&self, numbers: &[(usize, f64)]) -> f64 {
        VARYING * numbers.iter().map(|(column, per)| per * self.late[*column]).sum::<f64>()
    }

    /// What these numbers leave unexplained.
    fn rest(&self, statement: &[f64], numbers: &[(usize, f64)]) -> Rest {
        let mut rest = statement.to_vec();
        for (column, per) in numbers {
            rest.iter_mut().zip(&self.columns[*column]).for_each(|(rest, level)| *rest -= per * level);
        }
        let end = rest.last().copied().unwrap_or_default().abs();
        let center = mean(&rest);
        let variance =
            rest.iter().map(|rest| (rest - center).powi(2)).sum::<f64>() / rest.len().max(1) as f64;
        let changes = rest.windows(2).map(|pair| (pair[1] - pair[0]).powi(2) / 2.0);
        let by_moment = changes.sum::<f64>() / rest.len().saturating_sub(1).max(1) as f64;
        for rest in &mut rest {
            *rest = rest.abs();
        }
        let at = ((WITHIN * rest.len() as f64) as usize).min(rest.len() - 1);
        let most = *rest.select_nth_unstable_by(at, f64::total_cmp).1;
        Rest { end, most, variance, by_moment }
    }
}

/// What is left unexplained.
#[derive(Clone, Copy, Debug)]
struct Rest {
    end: f64,
    /// At nearly all moments.
    most: f64,
    /// About its mean: what is under way on average is no doubt.
    variance: f64,
    /// What this would be if each moment were by itself, from how much it changes from one to the next (von Neumann's).
    by_moment: f64,
}

impl Rest {
    /// Whether it always comes back to where it was, and does not wander off: it varies by no more than a delay may, or
    /// hardly more than from one moment to the next.
    fn comes_back(self, late: f64) -> bool {
        self.variance <= (WANDERS * self.by_moment).max(late.powi(2))
    }
}

/// Whole numbers near these, and the rate among them as it is.
fn whole(near: &[(usize, f64)]) -> Vec<Numbers> {
    let mut tried: Vec<Numbers> = vec![Vec::new()];
    for (column, per) in near {
        let numbers: Vec<f64> = if *column == 0 {
            vec![*per]
        } else {
            (-1..=2).map(|more| per.floor() + f64::from(more)).filter(|number| *number >= 1.0).collect()
        };
        tried = tried
            .iter()
            .flat_map(|one| {
                numbers.iter().map(|number| one.iter().copied().chain([(*column, *number)]).collect())
            })
            .collect();
    }
    tried
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// What all of these agree on, and what one or another has beside that.
fn agreed(taken: &[Numbers], rivals: &[Numbers]) -> Explained {
    let (mut sure, mut open) = (Vec::new(), Vec::new());
    let all = || taken.iter().chain(rivals);
    for (column, per) in taken.iter().flatten().filter(|(column, _)| *column > 0) {
        let is_agreed = all().all(|one| of(one, *column).is_some_and(|other| (other - per).abs() < 0.5));
        if is_agreed && of(&sure, *column).is_none() {
            sure.push((*column, *per));
        }
    }
    for (column, per) in all().flatten().filter(|(column, _)| *column > 0) {
        if of(&sure, *column).is_none() && of(&open, *column).is_none() {
            open.push((*column, *per));
        }
    }
    Explained::Either { sure, open }
}

fn of(numbers: &[(usize, f64)], column: usize) -> Option<f64> {
    numbers.iter().find(|(known, _)| *known == column).map(|(_, per)| *per)
}

/// All choices of up to so many columns, the smallest first; with time in the place of one, but not alone.
fn choices(columns: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut grown: Vec<Vec<usize>> = vec![Vec::new()];
    for size in 1..=MOST {
        grown = grown
            .iter()
            .flat_map(|one| {
                let after = one.last().copied();
                let more =
                    columns.iter().copied().filter(move |column| after.is_none_or(|last| last < *column));
                more.map(|column| one.iter().copied().chain([column]).collect())
            })
            .collect();
        all.extend(grown.iter().cloned());
        if size < MOST {
            all.extend(grown.iter().map(|one| [&[0], one.as_slice()].concat()));
        }
    }
    all.sort_by_key(Vec::len);
    all
}
