//! Whose statements they are where they say so themselves.
//!
//! Comments say for certain who makes a statement, and the server's counters how often it is executed; what is left is
//! how the executions are shared out among those who were heard. There are three ways to know, the best first:
//!
//! - Whole numbers that add up: so many executions for a request of each of them are what was counted, at all moments
//!   and in the end, and no other numbers near what was heard do as well. These are exact.
//! - What moves together, among those who were heard alone.
//! - As many for each as hearings found. Those that were heard at once are a fair sample, but a small one. Of all, each
//!   may be heard some times more or less than another, which a range allows for.
//!
//! Whoever was not heard may make some as well: of N executions that were heard, at most about 3 ÷ N of all are
//! others' (the rule of three, 95 %), and a range is at least as wide as that. Whole numbers that add up need no such
//! allowance: what others make would be missing.
//!
//! Where a statement is made by others than those who were asked here (jobs, another service), what comes in between is
//! not known, and only the sample is left.

use super::apportion::Apportioned;
use super::apportion::Apportioning;
use super::apportion::Course;
use super::apportion::Part;
use super::apportion::Told;
use super::apportion::as_whole;
use super::fit::Goal;
use super::fit::Table;
use super::hearing::Heard;

/// Choices of whole numbers that are tried, at the most.
const MOST_TRIED: usize = 2_000;
/// How probable it may be that one of them adds up by chance.
const BY_CHANCE: f64 = 0.05;
/// What is left of the executions may be so many of a whole, see [`super::whole`].
const PRECISE: f64 = 0.002;
/// By how much the second best choice has to be less likely, as a logarithm: one in a thousand.
const UNLIKELY: f64 = 6.9;
/// How many times more one may be heard than another, because its sessions rest after the statement.
const LOUDER: f64 = 3.0;
/// Standard deviations of a fit that are within its range.
const DEVIATIONS: f64 = 3.0;
/// Executions of others alone that have to be heard before a statement is nobody's here.
const ONLY_OTHERS: f64 = 30.0;

/// One who was heard.
#[derive(Clone, Copy, Debug)]
struct Voice {
    column: usize,
    requests: f64,
    at_once: f64,
    /// Executions per request by its share of all hearings, and by how much that may be off.
    by_all: Number,
}

/// Executions per request, and by how much they may be wrong.
type Number = (f64, f64);

impl Apportioning {
    /// How many executions of a statement each of those makes per request who were heard to make it; nothing where
    /// hearings say too little.
    pub(super) fn solve_heard(
        &self,
        part: &Part,
        heard: &Heard,
        course: Option<&Course>,
    ) -> Option<Vec<Apportioned>> {
        let all = heard.all();
        let mut voices = Vec::new();
        for (endpoint, times) in &heard.by_endpoint {
            let column = self.column(endpoint).filter(|column| self.requests[column - 1] > 0.0);
            let Some(column) = column else { continue };
            let requests = self.requests[column - 1];
            let share = times.all / all.all;
            let by_all = (part.calls * share / requests, part.calls * off(share, all.all, LOUDER) / requests);
            voices.push(Voice { column, requests, at_once: times.at_once, by_all });
        }
        if voices.is_empty() {
            return (all.all >= ONLY_OTHERS).then(Vec::new);
        }
        let told = |numbers: &[Number]| {
            let pairs = voices.iter().zip(numbers);
            let told = pairs.map(|(voice, (per_request, error))| Apportioned {
                endpoint: self.endpoints[voice.column - 1].clone(),
                per_request: *per_request,
                error: *error,
                told: Told::ByComments,
            });
            Some(told.collect())
        };
        let mut ways = vec![voices.iter().map(|voice| voice.by_all).collect::<Vec<_>>()];
        if all.at_once > 0.0 {
            let at_once = voices.iter().map(|voice| {
                let share = voice.at_once / all.at_once;
                let error = off(share, all.at_once, 1.0);
                (part.calls * share / voice.requests, part.calls * error / voice.requests)
            });
            ways.push(at_once.collect());
        }
        let is_theirs = heard.others.all == 0.0 && voices.len() == heard.by_endpoint.len();
        if is_theirs {
            if let Some(whole) = course.and_then(|course| adding_up(part, &voices, course)) {
                return told(&whole);
            }
            // Where chance would tell which of them it is, it is not asked.
            let is_chance =
                course.is_none_or(|course| voices.iter().any(|one| course.levels.is_together(one.column)));
            if voices.len() > 1 && !is_chance {
                ways.extend(self.fitted(part, &voices, all.all, course));
            }
        }
        let doubt = |numbers: &[Number]| {
            voices.iter().zip(numbers).map(|(voice, (_, error))| voice.requests * error).sum::<f64>()
        };
        let mut best = ways.into_iter().min_by(|left, right| doubt(left).total_cmp(&doubt(right)))?;
        for number in &mut best {
            *number = as_whole(number.0, number.1).unwrap_or(*number);
        }
        told(&best)
    }

    /// What moves together among those who were heard: from second to second, and over the run as a whole.
    fn fitted(&self, part: &Part, voices: &[Voice], all: f64, course: Option<&Course>) -> Vec<Vec<Number>> {
        let columns: Vec<usize> = voices.iter().map(|voice| voice.column).collect();
        let table = Table { products: &self.products, rows: self.windows as f64 };
        let goal = Goal { against: part.against.clone(), squares: part.squares, calls: part.calls };
        let by = |table: &Table<'_>, goal: &Goal, inflation: f64| {
            let fit = table.fit(&columns, goal);
            let explained: f64 =
                voices.iter().zip(&fit.solution).map(|(voice, per)| voice.requests * per).sum();
            let scale = if explained > 0.0 { part.calls / explained } else { 1.0 };
            let numbers = fit.solution.iter().zip(&fit.errors);
            let numbers = numbers.map(|(per, error)| {
                let scaled = per * scale;
                (
                    scaled,
                    DEVIATIONS * error * inflation + (scaled - per).abs() + scaled * off(1.0, all, LOUDER),
                )
            });
            numbers.collect::<Vec<Number>>()
        };
        let mut fitted = vec![by(&table, &goal, 1.0)];
        if let Some(course) = course {
            let levels = part.path.at(&course.moments);
            let (products, against, squares) = course.levels.sums(&levels);
            let table = Table { products, rows: course.moments.len() as f64 };
            let goal = Goal { against, squares, calls: part.calls };
            let fit = table.fit(&columns, &goal);
            let numbers: Vec<(usize, f64)> = fit.of(&columns).collect();
            if let Some(inflation) = course.levels.inflation(&levels, &numbers) {
                fitted.push(by(&table, &goal, inflation));
            }
        }
        // Who was heard makes some, and about as much as was heard.
        let is_likely = |(voice, (per, error)): (&Voice, &Number)| {
            *per > 0.0 && (per - voice.by_all.0).abs() <= voice.by_all.1 + error
        };
        fitted.retain(|numbers| voices.iter().zip(numbers).all(is_likely));
        fitted
    }
}

/// Whole numbers of executions that add up to what was counted, where no others near what was heard do.
fn adding_up(part: &Part, voices: &[Voice], course: &Course) -> Option<Vec<Number>> {
    // What the one that is asked most makes follows from the others.
    let most = (0..voices.len()).max_by(|a, b| voices[*a].requests.total_cmp(&voices[*b].requests))?;
    let mut choices: Vec<Vec<f64>> = vec![Vec::new()];
    for (at, voice) in voices.iter().enumerate() {
        let numbers = if at == most { vec![0.0] } else { whole_near(voice.by_all)? };
        if choices.len() * numbers.len() > MOST_TRIED {
            return None;
        }
        let longer =
            |one: &Vec<f64>| numbers.iter().map(|n| [one.as_slice(), &[*n]].concat()).collect::<Vec<_>>();
        choices = choices.iter().flat_map(longer).collect();
    }
    let tried = choices.len() as f64;
    let sum = |numbers: &[f64]| -> f64 {
        numbers.iter().zip(voices).map(|(per, voice)| per * voice.requests).sum()
    };
    let levels = part.path.at(&course.moments);
    let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
    for mut numbers in choices {
        numbers[most] = ((part.calls - sum(&numbers)) / voices[most].requests).round();
        let (per, error) = voices[most].by_all;
        let columns: Vec<(usize, f64)> =
            voices.iter().zip(&numbers).map(|(voice, per)| (voice.column, *per)).collect();
        let is_near = numbers[most] >= 1.0 && (numbers[most] - per).abs() <= error;
        if is_near && course.levels.adds_up(&levels, &columns) {
            found.push((likelihood(voices, &numbers), numbers));
        }
    }
    found.sort_by(|left, right| right.0.total_cmp(&left.0));
    let [(best, numbers), rest @ ..] = found.as_slice() else { return None };
    if rest.first().is_some_and(|(second, _)| best - second < UNLIKELY) {
        return None;
    }
    let made = numbers.iter().zip(voices).map(|(per, voice)| per * voice.requests);
    let chance = 2.0 * (1.0 + PRECISE * made.fold(f64::INFINITY, f64::min)) / voices[most].requests;
    if tried > 1.0 && tried * chance > BY_CHANCE {
        return None;
    }
    let left = (part.calls - sum(numbers)).abs();
    Some(numbers.iter().zip(voices).map(|(per, voice)| (*per, left / voice.requests)).collect())
}

/// By how much a share of so many hearings may be off: twice its standard deviation and one hearing more, which is the
/// rule of three where all are of one, and what it is if one is heard so many times more than another.
fn off(share: f64, all: f64, louder: f64) -> f64 {
    let deviation = ((share * (1.0 - share) + 1.0 / all) / all).sqrt();
    let chance = 2.0 * deviation + 1.0 / all;
    let (least, most) = ((share - chance).max(0.0), (share + chance).min(1.0));
    let least = least / (least + louder * (1.0 - least));
    let most = louder * most / (louder * most + 1.0 - most);
    (share - least).max(most - share)
}

/// Whole numbers within a range; nothing if there are none, or too many.
fn whole_near((per_request, error): Number) -> Option<Vec<f64>> {
    let least = (per_request - error).ceil().max(1.0);
    let more = (per_request + error).floor() - least;
    (0.0..MOST_TRIED as f64)
        .contains(&more)
        .then(|| (0..=more as u32).map(|more| least + f64::from(more)).collect())
}

/// How likely it is to hear at once what was, if each makes so many, as a logarithm.
fn likelihood(voices: &[Voice], numbers: &[f64]) -> f64 {
    let made = || voices.iter().zip(numbers).map(|(voice, per)| voice.requests * per);
    let sum: f64 = made().sum();
    voices.iter().zip(made()).map(|(voice, made)| voice.at_once * (made / sum).ln()).sum()
}
