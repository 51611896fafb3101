//! The course of a figure over many runs: its levels, and what changed it.

use loadline_measure::{Better, FigureScale};

use super::find::{Found, find};
use super::fit::Shift;
use super::weekday::{pattern, weekday, weekdays};
use crate::compare::Scaled as _;

/// With fewer values there is nothing to say.
const FEWEST: usize = 9;
/// A change below a hundredth matters to nobody …
const MATTERS: f64 = 0.01;
/// … and of a share one below a thousandth of all.
const SHARE_MATTERS: f64 = 0.001;
/// The noise around a level stays within so many deviations, 19 times of 20.
const BAND: f64 = 1.96;

/// A figure over many runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// What changed it, in the order of time; a suspicion is the last.
    pub changes: Vec<Change>,
    /// The level at each run and how far from it one run in twenty is; no numbers where nothing can be said.
    pub levels: Vec<Level>,
    /// Runs that lie far off their level and changed nothing.
    pub outliers: Vec<usize>,
    /// What each weekday (UTC, Monday first) adds to the level, as a ratio or, for shares, a difference; only where
    /// weekdays differ.
    pub weekdays: Option<[f64; 7]>,
    /// The standard deviation of a run around its level, relative to it; of shares as it is.
    pub deviation: f64,
    /// The correlation of neighbouring runs, at most as much as that.
    pub resemblance: f64,
}

/// A level, and its noise around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The level.
    pub level: f64,
    /// The lower end of the band.
    pub low: f64,
    /// The upper end of the band.
    pub high: f64,
}

/// How a level was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From one run to the next.
    Step,
    /// Little by little.
    Drift,
}

/// A change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The first run of the new level, from 0; of a drift, the first that is off the old one.
    pub at: usize,
    /// Of a drift the first run of the new level, or the last run while it goes on; of a step `at`.
    pub until: usize,
    /// How.
    pub way: Way,
    /// Whether it is certain; it is suspected otherwise, after few runs.
    pub certain: bool,
    /// The level before.
    pub before: f64,
    /// The level after.
    pub after: f64,
    /// Whether that is worse.
    pub worse: bool,
    /// The chance of such a change here where there is none.
    pub p: f64,
}

/// What became of a figure: when each run started, in milliseconds since 1970 UTC, and its figure, in the order of
/// time.
///
/// ```
/// use loadline_measure::FigureScale;
/// use loadline_verdict::course;
///
/// let wobble = [0.4, -1.2, 0.9, -0.3, 1.3, -0.8];
/// let runs: Vec<(i64, f64)> =
///     (0..40).map(|run| (run * 3_600_000, if run < 30 { 100.0 } else { 112.0 } + wobble[run as usize % 6])).collect();
/// let course = course(&runs, &FigureScale::LATENCY);
/// assert_eq!((course.changes[0].at, course.changes[0].certain, course.changes[0].worse), (30, true, true));
/// ```
pub fn course(runs: &[(i64, f64)], scale: &FigureScale) -> Course {
    let known: Vec<(usize, i64, f64)> = runs
        .iter()
        .enumerate()
        .map(|(at, (time, value))| (at, *time, scale.badness(*value)))
        .filter(|(_, _, badness)| badness.is_finite())
        .collect();
    let matters = if scale.by_difference() { SHARE_MATTERS } else { MATTERS };
    let nothing = Level { level: f64::NAN, low: f64::NAN, high: f64::NAN };
    if known.len() < FEWEST {
        return Course {
            changes: Vec::new(),
            levels: vec![nothing; runs.len()],
            outliers: Vec::new(),
            weekdays: None,
            deviation: f64::NAN,
            resemblance: 0.0,
        };
    }
    let times: Vec<i64> = known.iter().map(|(_, time, _)| *time).collect();
    let values: Vec<f64> = known.iter().map(|(_, _, value)| *value).collect();
    let (found, week) = find_in_weeks(&times, &values, matters);
    let fitted = found.fit.fitted();
    let mut levels = vec![nothing; runs.len()];
    let mut outliers = Vec::new();
    let band = BAND * found.fit.deviation;
    for (position, (at, time, _)) in known.iter().enumerate() {
        let level = fitted[position] + week.map_or(0.0, |week| week[weekday(*time)]);
        let (one, other) = (figure_of(scale, level - band), figure_of(scale, level + band));
        levels[*at] = Level { level: figure_of(scale, level), low: one.min(other), high: one.max(other) };
        let suspect = found.suspected.is_some_and(|suspected| position >= suspected.at);
        if found.fit.residuals[position].is_none() && !suspect {
            outliers.push(*at);
        }
    }
    let sign = if scale.better == Better::Higher { -1.0 } else { 1.0 };
    let weekdays =
        week.map(|week| week.map(|off| if scale.by_difference() { sign * off } else { (sign * off).exp() }));
    Course {
        changes: changes(&found, &known, scale),
        levels,
        outliers,
        weekdays,
        deviation: found.fit.deviation,
        resemblance: found.fit.resemblance,
    }
}

/// Finds what changed, weekdays apart: their part is first that of whole weeks, then that of what levels leave.
fn find_in_weeks(times: &[i64], values: &[f64], matters: f64) -> (Found, Option<[f64; 7]>) {
    let Some(mut week) = weekdays(times, values, matters) else { return (find(values, matters), None) };
    let without = |week: &[f64; 7]| -> Vec<f64> {
        times.iter().zip(values).map(|(time, value)| value - week[weekday(*time)]).collect()
    };
    for _ in 0..2 {
        let fitted = find(&without(&week), matters).fit.fitted();
        let off = times
            .iter()
            .zip(values.iter().zip(&fitted))
            .map(|(time, (value, fit))| (weekday(*time), value - fit));
        match pattern(off, matters) {
            Some(better) => week = better,
            None => return (find(values, matters), None),
        }
    }
    (find(&without(&week), matters), Some(week))
}

/// The figure that is so bad; a share stays one.
fn figure_of(scale: &FigureScale, badness: f64) -> f64 {
    let figure = scale.of_badness(badness);
    if scale.by_difference() { figure.clamp(0.0, 1.0) } else { figure }
}

fn changes(found: &Found, known: &[(usize, i64, f64)], scale: &FigureScale) -> Vec<Change> {
    let place = |position: usize| known[position.min(known.len() - 1)].0;
    let change = |Shift { from, to }: Shift, (before, after): (f64, f64), certain, p| Change {
        at: place(if from == to { from } else { from + 1 }),
        until: place(to),
        way: if from == to { Way::Step } else { Way::Drift },
        certain,
        before: figure_of(scale, before),
        after: figure_of(scale, after),
        worse: after > before,
        p,
    };
    let fit = &found.fit;
    let certain =
        fit.shifts.iter().zip(&found.p).enumerate().map(|(number, (shift, p))| {
            change(*shift, (fit.levels[number], fit.levels[number + 1]), true, *p)
        });
    let suspected = found.suspected.map(|suspected| {
        change(Shift::step(suspected.at), (suspected.before, suspected.level), false, suspected.p)
    });
    certain.chain(suspected).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
