//! Two builds that take turns: the figures of each round as it comes, and the verdict at each look.

use loadline_measure::{Figure, FigureScale, Quantity, Run};

use super::drops::{DROPPED, dropped};
use super::futility::Prospects;
use super::rounds::{Comparison, Gate, compare_rounds};
use super::row::Rounds;
use super::shift::DECILES;
use crate::endpoint::Endpoints;
use crate::figures::{Measured, by_name, measured, would_know};
use crate::stats::Spending;
use crate::verdict::Outcome;

/// The figures of all rounds so far.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    figures: Vec<Rounds>,
    deciles: Vec<Rounds>,
    floors: Vec<Figure>,
    rounds: usize,
}

/// Why a comparison is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Something is worse, or nothing is open.
    Decided,
    /// What is open would stay so: no later look is likely to change anything.
    Futile,
    /// All rounds of the plan were run.
    Over,
    /// Something stopped it before a look of the plan: nothing is judged.
    Stopped,
}

/// A verdict on rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Each figure.
    pub comparisons: Vec<Comparison>,
    /// Deciles of everything together: they show how the distribution has shifted, and decide nothing.
    pub deciles: Vec<Comparison>,
    /// Why there are no more rounds.
    pub ended: Ended,
}

impl Turns {
    /// No round yet, on a machine whose noise is known: of each figure the deviation of a round's difference while
    /// nothing changed, on as many rounds as it has values.
    pub fn above(floors: Vec<Figure>) -> Self {
        Self { floors, ..Self::default() }
    }

    /// How many rounds there are.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// The figures of all rounds. Dropped iterations are one where there were any.
    pub fn figures(&self) -> Vec<Rounds> {
        let none = |row: &Rounds| row.base.iter().chain(&row.head).all(|figure| *figure == 0.0);
        self.figures.iter().filter(|row| row.quantity != DROPPED || !none(row)).cloned().collect()
    }

    /// Adds a round: the base's run and the head's.
    pub fn add(&mut self, base: &Run, head: &Run, endpoints: &Endpoints) {
        let (of_base, of_head) = (measured(base, endpoints), measured(head, endpoints));
        let (in_base, in_head) = (by_name(&of_base), by_name(&of_head));
        let whole: Vec<&Measured<'_>> = of_base.iter().filter(|one| one.is_whole()).collect();
        for one in &of_base {
            let other = in_head.get(&one.name()).map(|other| stands_on(&other.figure));
            // An endpoint that is all there is would ask every question twice, unless the head does not have it.
            let is_all = |whole: &&Measured<'_>| {
                (&whole.figure.quantity, whole.figure.values) == (&one.figure.quantity, one.figure.values)
            };
            if !one.is_whole() && other.is_some() && whole.iter().any(is_all) {
                continue;
            }
            if let Some(other) = other.or_else(|| missing(one, head, endpoints)) {
                self.push(&one.figure, stands_on(&one.figure), other);
            }
        }
        for one in of_head.iter().filter(|one| !in_base.contains_key(&one.name()) && !one.is_whole()) {
            if let Some(none) = missing(one, base, endpoints) {
                self.push(&one.figure, none, stands_on(&one.figure));
            }
        }
        let known = in_head;
        if let (Some(base), Some(head)) = (dropped(base), dropped(head)) {
            self.push(&base, stands_on(&base), stands_on(&head));
        }
        let percentile = |one: &&Measured<'_>| matches!(one.spec.quantity, Quantity::Percentile(_));
        let shape = whole.into_iter().find(percentile);
        if let Some((base, head)) = shape.and_then(|base| Some((base, *known.get(&base.name())?))) {
            for decile in DECILES {
                let quantity = Quantity::Percentile(decile);
                let figure = |one: &Measured<'_>| one.values.gathered.smoothed_figure(quantity);
                let (subject, scale) = (&base.figure.subject, &base.figure.scale);
                let row = row(&mut self.deciles, subject, &quantity.to_string(), scale, self.rounds);
                row.base.push(figure(base).map_or(f64::NAN, |(value, _)| value));
                row.head.push(figure(head).map_or(f64::NAN, |(value, _)| value));
            }
        }
        self.rounds += 1;
        // A figure that a round does not have is none in that round.
        for row in self.figures.iter_mut().chain(&mut self.deciles) {
            fill(row, self.rounds);
        }
    }

    fn push(&mut self, figure: &Figure, base: (f64, u64), head: (f64, u64)) {
        let row = row(&mut self.figures, &figure.subject, &figure.quantity, &figure.scale, self.rounds);
        row.base.push(base.0);
        row.head.push(head.0);
        row.base_values.push(base.1);
        row.head_values.push(head.1);
    }

    /// The verdict at a look of the plan, if it stands: something is worse, nothing is open, or what is open is
    /// unlikely to be settled at any later look. At the last look it always does.
    pub fn decide(&self, look: usize, plan: &Spending, gate: &Gate) -> Option<Decided> {
        let at_look = Gate { level: plan.share(look, gate.level), ..*gate };
        let figures = self.figures();
        let comparisons = compare_rounds(&figures, &at_look);
        let prospects = Prospects { plan, gate, look, family: figures.len() };
        let hopeless = |row: &Rounds| {
            let floor = self
                .floors
                .iter()
                .find(|floor| (&floor.subject, &floor.quantity) == (&row.subject, &row.quantity));
            prospects.is_futile(row, floor)
        };
        let mut open =
            figures.iter().zip(&comparisons).filter(|(_, one)| one.outcome == Outcome::Inconclusive);
        let ended =
            if comparisons.iter().any(|one| one.outcome == Outcome::Fail) || open.clone().next().is_none() {
                Ended::Decided
            } else if look + 1 >= plan.looks().len() {
                Ended::Over
            } else if open.all(|(row, _)| hopeless(row)) {
                Ended::Futile
            } else {
                return None;
            };
        Some(Decided { comparisons, deciles: self.deciles(gate), ended })
    }

    /// What the rounds so far have come to when something has stopped them. It was no look of the plan, so nothing
    /// passes or fails.
    pub fn so_far(&self, gate: &Gate) -> Decided {
        let mut comparisons = compare_rounds(&self.figures(), gate);
        for one in comparisons.iter_mut().filter(|one| one.outcome != Outcome::NoData) {
            one.outcome = Outcome::Inconclusive;
        }
        Decided { comparisons, deciles: self.deciles(gate), ended: Ended::Stopped }
    }

    fn deciles(&self, gate: &Gate) -> Vec<Comparison> {
        let mut deciles = compare_rounds(&self.deciles, gate);
        deciles.retain(|decile| decile.outcome != Outcome::NoData);
        deciles
    }

    /// A figure to tell how the last round went by: the first p95, or else the first of all; base and head.
    pub fn last(&self) -> Option<LastRound<'_>> {
        let row = self.figures.iter().find(|row| row.quantity == "p95").or(self.figures.first())?;
        let (base, head) = (*row.base.last()?, *row.head.last()?);
        Some(LastRound { quantity: &row.quantity, scale: &row.scale, base, head })
    }
}

/// One figure of the last round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastRound<'t> {
    /// Which figure.
    pub quantity: &'t str,
    /// In what it is counted.
    pub scale: &'t FigureScale,
    /// Of the base.
    pub base: f64,
    /// Of the head.
    pub head: f64,
}

fn row<'a>(
    rows: &'a mut Vec<Rounds>,
    subject: &str,
    quantity: &str,
    scale: &FigureScale,
    before: usize,
) -> &'a mut Rounds {
    let known = rows.iter().position(|row| row.subject == subject && row.quantity == quantity);
    let at = known.unwrap_or_else(|| {
        let mut row = Rounds::new(subject, quantity, scale);
        fill(&mut row, before);
        rows.push(row);
        rows.len() - 1
    });
    &mut rows[at]
}

/// Makes a row so many rounds long: what it does not have is none.
fn fill(row: &mut Rounds, rounds: usize) {
    row.base.resize(rounds, f64::NAN);
    row.head.resize(rounds, f64::NAN);
    row.base_values.resize(rounds, 0);
    row.head_values.resize(rounds, 0);
}

/// The figure of a run that has nothing of what another one has: of what is counted it had none, everything else is no
/// number. `None` when the run cannot know.
fn missing(other: &Measured<'_>, run: &Run, endpoints: &Endpoints) -> Option<(f64, u64)> {
    if !would_know(run, endpoints, other) {
        return None;
    }
    let counts = matches!(other.spec.quantity, Quantity::Rate | Quantity::Count);
    Some((if counts { 0.0 } else { f64::NAN }, 0))
}

/// A figure and the number of values that it stands on.
fn stands_on(figure: &Figure) -> (f64, u64) {
    (figure.value, figure.values)
}
