//! Two builds that take turns: the figures of each round as it comes, and the verdict at each look.

use loadline_measure::{FigureScale, Quantity, Run};

use super::rounds::{Comparison, Gate, Rounds, compare_rounds};
use crate::endpoint::Endpoints;
use crate::figures::{Measured, by_name, measured};
use crate::stats::Spending;
use crate::verdict::Outcome;

/// The deciles of the shift function.
const DECILES: [f64; 9] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];

/// The figures of all rounds so far.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    figures: Vec<Rounds>,
    deciles: Vec<Rounds>,
    rounds: usize,
}

/// A verdict on rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Each figure.
    pub comparisons: Vec<Comparison>,
    /// Deciles of everything together: they show how the distribution has shifted, and decide nothing.
    pub deciles: Vec<Comparison>,
}

impl Turns {
    /// How many rounds there are.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// The figures of all rounds.
    pub fn figures(&self) -> &[Rounds] {
        &self.figures
    }

    /// Adds a round: the base's run and the head's.
    pub fn add(&mut self, base: &Run, head: &Run, endpoints: &Endpoints) {
        let (of_base, of_head) = (measured(base, endpoints), measured(head, endpoints));
        let known = by_name(&of_head);
        let whole: Vec<&Measured<'_>> = of_base.iter().filter(|one| one.is_whole()).collect();
        for one in &of_base {
            // An endpoint that is all there is would ask every question twice.
            let is_all = |whole: &&Measured<'_>| {
                (&whole.figure.quantity, whole.figure.values) == (&one.figure.quantity, one.figure.values)
            };
            if !one.is_whole() && whole.iter().any(is_all) {
                continue;
            }
            if let Some(other) = known.get(&one.name()) {
                let (subject, quantity) = (&one.figure.subject, &one.figure.quantity);
                let row = row(&mut self.figures, subject, quantity, &one.figure.scale, self.rounds);
                row.base.push(one.figure.value);
                row.head.push(other.figure.value);
            }
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
            row.base.resize(self.rounds, f64::NAN);
            row.head.resize(self.rounds, f64::NAN);
        }
    }

    /// The verdict at a look of the plan, if it stands: something is worse, or nothing is open. At the last look it
    /// always does.
    pub fn decide(&self, look: usize, plan: &Spending, gate: &Gate) -> Option<Decided> {
        let at_look = Gate { level: plan.share(look, gate.level), ..*gate };
        let comparisons = compare_rounds(&self.figures, &at_look);
        let stands = comparisons.iter().any(|one| one.outcome == Outcome::Fail)
            || comparisons.iter().all(|one| one.outcome != Outcome::Inconclusive)
            || look + 1 >= plan.looks().len();
        stands.then(|| {
            let mut deciles = compare_rounds(&self.deciles, gate);
            deciles.retain(|decile| decile.outcome != Outcome::NoData);
            Decided { comparisons, deciles }
        })
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
        rows.push(Rounds {
            subject: subject.to_owned(),
            quantity: quantity.to_owned(),
            scale: scale.clone(),
            base: vec![f64::NAN; before],
            head: vec![f64::NAN; before],
        });
        rows.len() - 1
    });
    &mut rows[at]
}
