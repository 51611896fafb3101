//! What comes to an endpoint, slot by slot: the time between two evaluations of the rules.

use loadline_watch::{Indicator, Place};

use crate::source::Counted;

/// Some slots that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) slots: u64,
    /// Requests in each.
    pub(super) total: u64,
    /// Those of them that are bad.
    pub(super) bad: u64,
}

/// How a bad request is bad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    /// It fails at once.
    Failed,
    /// It is answered well, after every bound up to this one.
    Slow {
        /// In the metric's unit.
        beyond: f64,
    },
}

impl Fault {
    /// What breaks this budget.
    pub(super) fn of(counted: &Counted) -> Self {
        match (counted.objective.indicator, counted.place) {
            (Indicator::Slow { .. }, Some(Place::On(at))) => Self::Slow { beyond: at },
            (Indicator::Slow { .. }, Some(Place::Between { above, .. })) => Self::Slow { beyond: above },
            _ => Self::Failed,
        }
    }

    /// Whether a bad request is in the bucket that ends here.
    pub(super) fn is_within(self, bound: f64) -> bool {
        match self {
            Self::Failed => true,
            Self::Slow { beyond } => bound > beyond,
        }
    }
}

/// What comes, and how what is bad of it is bad.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    pub(super) stretches: Vec<Stretch>,
    pub(super) fault: Fault,
}

impl Course {
    /// How long it is.
    pub(super) fn slots(&self) -> u64 {
        self.stretches.iter().map(|stretch| stretch.slots).sum()
    }

    /// Requests up to each slot, and those of them that are bad by a budget; at first nothing has come.
    pub(super) fn counts(&self, counted: &Counted) -> Vec<(f64, f64)> {
        let (well, badly) = (weight(counted, None), weight(counted, Some(self.fault)));
        let mut sums = vec![(0.0, 0.0)];
        let (mut total, mut bad) = (0.0, 0.0);
        for stretch in &self.stretches {
            for _ in 0..stretch.slots {
                total += stretch.total as f64;
                bad += (stretch.total - stretch.bad) as f64 * well + stretch.bad as f64 * badly;
                sums.push((total, bad));
            }
        }
        sums
    }
}

/// The share of a request that is bad by a budget: of one without fault, or with this one.
fn weight(counted: &Counted, fault: Option<Fault>) -> f64 {
    let within = |bound: f64| f64::from(u8::from(fault.is_none_or(|fault| fault.is_within(bound))));
    match (counted.objective.indicator, counted.place) {
        (Indicator::Failed, _) => f64::from(u8::from(fault == Some(Fault::Failed))),
        (_, Some(Place::On(at))) => 1.0 - within(at),
        (_, Some(Place::Between { below, above, part })) => {
            // Below the first bound nothing has come: all of its bucket is estimated.
            let rest = if below > 0.0 { within(below) * (1.0 - part) } else { 0.0 };
            1.0 - within(above) * part - rest
        }
        _ => 0.0,
    }
}
