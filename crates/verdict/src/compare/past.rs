//! All figures of a run, held against those of the runs before it.
//!
//! Each figure has its own reference among them ([`reference`]) and its own bound. Many are asked about at once: those
//! that are beyond are found by Benjamini and Hochberg's step-up, so that a run in which nothing changed fails by any
//! of them with the chance of one question, and a build that is slower everywhere is not let off because much was asked
//! (Benjamini and Hochberg, Controlling the false discovery rate, 1995; for figures that go together, Benjamini and
//! Yekutieli, 2001).

use loadline_measure::Figure;

use super::baseline::{FEWEST_RUNS, Prediction};
use super::expected::{Expected, Seen};
use super::reference::reference;
use super::rounds::Gate;
use super::scaled::Scaled as _;
use crate::trend::{Change, Way};
use crate::verdict::Outcome;

/// The chance that an unchanged run fails by any of its figures.
const LEVEL: f64 = 0.01;
/// The chance that the next unchanged run is beyond what is called normal of one figure.
const NORMAL_LEVEL: f64 = 0.005;

/// An earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Its number.
    pub run: i64,
    /// When it started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// A change that somebody accepted: what was before it counts no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// When the first run of the new level started, in milliseconds since 1970 UTC.
    pub since_unix_ms: i64,
    /// The figure's subject; empty for all figures.
    pub subject: String,
    /// The figure's quantity; empty for all of the subject.
    pub quantity: String,
}

/// What a run is held against.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// Runs of the same kind, the oldest first.
    pub runs: &'a [PastRun],
    /// What was accepted of them.
    pub accepted: &'a [Accepted],
    /// A figure is held against the last so many runs of its reference.
    pub most: usize,
    /// What does not matter.
    pub gate: Gate,
}

/// A figure and what its past says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The figure.
    pub figure: Figure,
    /// What came of it.
    pub prediction: Prediction,
    /// Since when it is worse and nobody accepted it; the run that was checked may be better again.
    pub left: Option<LeftBehind>,
}

impl Checked {
    /// Whether the figure itself is beyond its bound.
    pub fn is_beyond(&self) -> bool {
        let badness = |value: f64| self.figure.scale.badness(value);
        badness(self.figure.value) > badness(self.prediction.bound)
    }
}

/// A level that a figure left for a worse one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftBehind {
    /// The first run of the new level, and the last before it.
    pub run: i64,
    /// The last run before it, if there is one.
    pub before_run: Option<i64>,
    /// Whether that is certain; else it is suspected.
    pub certain: bool,
    /// Whether it was left little by little.
    pub drift: bool,
    /// The level that was left.
    pub before: f64,
    /// The level since then.
    pub after: f64,
}

/// A figure with what it is held against.
struct Asked {
    figure: Figure,
    expected: Option<Expected>,
    left: Option<LeftBehind>,
}

impl Asked {
    fn of(figure: Figure, earlier: &Earlier<'_>, level: f64) -> Self {
        let of_run = |run: &PastRun| {
            let found = run.figures.iter().find(|other| same(other, &figure))?;
            let seen = Seen { value: found.value, values: found.values };
            figure.scale.badness(seen.value).is_finite().then_some((run.run, run.started_unix_ms, seen))
        };
        let known: Vec<(i64, i64, Seen)> = earlier.runs.iter().filter_map(of_run).collect();
        let past: Vec<(i64, Seen)> = known.iter().map(|(_, started, seen)| (*started, *seen)).collect();
        let of_figure = |one: &&Accepted| {
            (one.subject.is_empty() || one.subject == figure.subject)
                && (one.quantity.is_empty() || one.quantity == figure.quantity)
        };
        let accepted = earlier.accepted.iter().filter(of_figure).map(|one| one.since_unix_ms).max();
        let first = accepted.map_or(0, |since| past.partition_point(|(started, _)| *started < since));
        let reference = reference(&past, first, &figure.scale, &earlier.gate, (level, earlier.most));
        let seen: Vec<Seen> = reference.runs.iter().map(|at| past[*at].1).collect();
        let left = reference.left.map(|change| left_behind(&change, &known));
        Self { expected: Expected::of(&seen, &figure.scale), left, figure }
    }

    fn is_judged(&self) -> bool {
        self.expected.is_some_and(|expected| expected.runs >= FEWEST_RUNS)
            && self.figure.scale.badness(self.figure.value).is_finite()
    }

    fn bound(&self, level: f64, gate: &Gate) -> f64 {
        let scale = &self.figure.scale;
        self.expected.map_or(f64::NAN, |expected| expected.bound(level, self.figure.values, scale, gate))
    }

    fn is_beyond(&self, level: f64, gate: &Gate) -> bool {
        let scale = &self.figure.scale;
        self.is_judged() && scale.badness(self.figure.value) > scale.badness(self.bound(level, gate))
    }

    /// Whether it is still where it changed to for certain.
    fn is_still_worse(&self) -> bool {
        let badness = |value: f64| self.figure.scale.badness(value);
        self.left.is_some_and(|left| {
            let middle = f64::midpoint(badness(left.before), badness(left.after));
            left.certain && badness(self.figure.value) > middle
        })
    }

    fn checked(self, level: f64, gate: &Gate) -> Checked {
        let runs = self.expected.map_or(0, |expected| expected.runs);
        let typical = self.expected.map_or(f64::NAN, |expected| expected.typical(&self.figure.scale));
        let known = self.expected.is_some() && self.figure.scale.badness(self.figure.value).is_finite();
        let outcome = if self.is_beyond(level, gate) || self.is_still_worse() {
            Outcome::Fail
        } else if self.is_judged() {
            Outcome::Pass
        } else if known {
            Outcome::Inconclusive
        } else {
            Outcome::NoData
        };
        let bound = if self.is_judged() { self.bound(level, gate) } else { f64::NAN };
        let prediction = Prediction { typical, bound, runs, outcome };
        Checked { figure: self.figure, prediction, left: self.left }
    }
}

/// Judges the figures of a run by those of earlier runs.
pub fn check_figures(figures: Vec<Figure>, earlier: &Earlier<'_>) -> Vec<Checked> {
    let asked: Vec<Asked> = figures.into_iter().map(|figure| Asked::of(figure, earlier, LEVEL)).collect();
    let judged = asked.iter().filter(|one| one.is_judged()).count().max(1);
    let share = |number: usize| LEVEL * number as f64 / judged as f64;
    // As many are beyond as are so at the level that so many may have.
    let beyond = (1..=judged)
        .rev()
        .find(|number| {
            asked.iter().filter(|one| one.is_beyond(share(*number), &earlier.gate)).count() >= *number
        })
        .unwrap_or(1);
    asked.into_iter().map(|one| one.checked(share(beyond), &earlier.gate)).collect()
}

/// What is normal, from runs of one kind: each figure as the newest run has it, with what one more unchanged run stays
/// within, 99.5 times in 100.
pub fn normal_figures(earlier: &Earlier<'_>) -> Vec<Checked> {
    let mut normal: Vec<Checked> = Vec::new();
    for figure in earlier.runs.iter().rev().flat_map(|run| &run.figures) {
        if normal.iter().any(|known| same(&known.figure, figure)) {
            continue;
        }
        let asked = Asked::of(figure.clone(), earlier, NORMAL_LEVEL);
        normal.push(asked.checked(NORMAL_LEVEL, &earlier.gate));
    }
    normal
}

/// The worst of a run's figures: a fail, or else what too few runs leave open. Where no figure was held against
/// anything there is no data.
pub fn worst_figure(checked: &[Checked]) -> Outcome {
    let has = |outcome: &Outcome| checked.iter().any(|one| one.prediction.outcome == *outcome);
    let order = [Outcome::Fail, Outcome::Inconclusive, Outcome::Pass];
    order.into_iter().find(has).unwrap_or(Outcome::NoData)
}

fn left_behind(change: &Change, known: &[(i64, i64, Seen)]) -> LeftBehind {
    LeftBehind {
        run: known[change.at].0,
        before_run: change.at.checked_sub(1).map(|before| known[before].0),
        certain: change.certain,
        drift: change.way == Way::Drift,
        before: change.before,
        after: change.after,
    }
}

fn same(one: &Figure, other: &Figure) -> bool {
    (&one.subject, &one.quantity) == (&other.subject, &other.quantity)
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
