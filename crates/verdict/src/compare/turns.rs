//! Two builds that take turns: the figures of each round as it comes, and the verdict at each look.

use loadline_measure::{Figure, FigureScale, Run, Sink, Trend, response_time};

use super::rounds::{Comparison, Gate, Rounds, compare_rounds};
use crate::endpoint::Endpoints;
use crate::figures::{EVERYTHING, figures, smoothed_quantile};
use crate::judge::Outcome;
use crate::stats::Spending;

/// The deciles of the shift function.
const DECILES: [(&str, f64); 9] = [
    ("p10", 0.1),
    ("p20", 0.2),
    ("p30", 0.3),
    ("p40", 0.4),
    ("p50", 0.5),
    ("p60", 0.6),
    ("p70", 0.7),
    ("p80", 0.8),
    ("p90", 0.9),
];

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
        let (of_base, of_head) = (figures(base, endpoints), figures(head, endpoints));
        // An endpoint that is all there is would ask every question twice.
        let all =
            of_base.iter().find(|figure| figure.subject == EVERYTHING).map_or(0, |figure| figure.values);
        let of_base =
            of_base.into_iter().filter(|figure| figure.subject == EVERYTHING || figure.values != all);
        for figure in of_base {
            let same =
                |other: &&Figure| (&other.subject, &other.quantity) == (&figure.subject, &figure.quantity);
            if let Some(other) = of_head.iter().find(same) {
                let (subject, quantity) = (&figure.subject, &figure.quantity);
                let row = row(&mut self.figures, subject, quantity, &figure.scale, self.rounds);
                row.base.push(figure.value);
                row.head.push(other.value);
            }
        }
        if let (Some(base), Some(head)) = (everything(base), everything(head)) {
            for (name, q) in DECILES {
                let row = row(&mut self.deciles, EVERYTHING, name, &FigureScale::LATENCY, self.rounds);
                row.base.push(smoothed_quantile(&base, q).unwrap_or(f64::NAN));
                row.head.push(smoothed_quantile(&head, q).unwrap_or(f64::NAN));
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

    /// A figure to tell how the last round went by: the p95 of everything, base and head.
    pub fn last(&self) -> Option<LastRound<'_>> {
        let row = self.figures.iter().find(|row| row.subject == EVERYTHING && row.quantity == "p95")?;
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

fn everything(run: &Run) -> Option<Trend> {
    match run.select::<&str, &str>(response_time(run.schema())?, &[]) {
        Some(Sink::Trend(trend)) => Some(trend),
        _ => None,
    }
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
