//! Whether times went the way that the planner's costs said: a cost is no time, and how often it points to the right
//! side is the worth of advice that nobody has measured.

use super::change::{Change, Course};

/// Costs whose ratio is below this say that nothing changes.
const SAME: f64 = 1.1;

/// What the planner reckons that a statement costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Without the indexes.
    pub without: f64,
    /// With them.
    pub with: f64,
}

/// Which way a statement went, held against its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As its cost said: to the same side, or to none.
    AsSaid,
    /// Another one.
    Otherwise,
    /// That is not certain, or its cost does not tell: keeping an index up costs time, and no plan says so.
    Untold,
}

/// Statements by the way that they went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// As their costs said.
    pub as_said: usize,
    /// Otherwise.
    pub otherwise: usize,
    /// Of the rest, those that were measured.
    pub untold: usize,
}

impl Costs {
    /// Which way a statement went; `keeps_up` is whether it writes into what has indexes of the set.
    pub fn way(self, change: &Change, keeps_up: bool) -> Way {
        let ratio = self.with / self.without;
        if !ratio.is_finite() || matches!(change.course, Course::Open | Course::Unknown) {
            return Way::Untold;
        }
        let is_same = (1.0 / SAME..=SAME).contains(&ratio);
        if is_same && keeps_up {
            return Way::Untold;
        }
        let measured = change.comparison.change;
        let is_right = if is_same {
            change.course == Course::Same
        } else if ratio < 1.0 {
            measured < 1.0
        } else {
            measured > 1.0
        };
        if is_right { Way::AsSaid } else { Way::Otherwise }
    }
}

impl Ways {
    /// Counts them.
    pub fn of(ways: impl IntoIterator<Item = Way>) -> Self {
        let mut counted = Self::default();
        for way in ways {
            match way {
                Way::AsSaid => counted.as_said += 1,
                Way::Otherwise => counted.otherwise += 1,
                Way::Untold => counted.untold += 1,
            }
        }
        counted
    }

    /// The share of statements that went the way that their costs said, of those of which that is told; none where it
    /// is told of none.
    pub fn share(&self) -> Option<f64> {
        let told = self.as_said + self.otherwise;
        (told > 0).then(|| self.as_said as f64 / told as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::{Limits, Measured, changes};
    use super::*;
    use loadline_verdict::Spending;

    fn change(factor: f64) -> Change {
        let without: Vec<f64> =
            [10.04, 9.97, 10.01, 9.96, 10.03, 9.99, 10.02, 9.98].iter().map(|ms| ms * 2.0).collect();
        let with = without.iter().rev().map(|ms| ms * factor).collect();
        let measured = Measured { writes: false, without, with };
        changes(&[measured], &Limits::default(), &Spending::new(8, 8), 0).remove(0)
    }

    #[test]
    fn costs_say_a_side_or_none() {
        let costs = |with| Costs { without: 100.0, with };
        for (with, factor, keeps_up, way) in [
            (10.0, 0.5, false, Way::AsSaid),
            (10.0, 1.5, false, Way::Otherwise),
            (300.0, 1.5, false, Way::AsSaid),
            (300.0, 0.5, false, Way::Otherwise),
            (100.0, 1.0, false, Way::AsSaid),
            (100.0, 0.5, false, Way::Otherwise),
            (100.0, 1.5, true, Way::Untold),
            (10.0, 0.5, true, Way::AsSaid),
            // A tenth more or less is not certain.
            (10.0, 1.1, false, Way::Untold),
        ] {
            assert_eq!(costs(with).way(&change(factor), keeps_up), way, "{with} {factor}");
        }
        assert_eq!(Costs { without: 0.0, with: 0.0 }.way(&change(0.5), false), Way::Untold);
    }

    #[test]
    fn of_nothing_there_is_no_share() {
        assert_eq!(Ways::of([Way::Untold]).share(), None);
        assert_eq!(
            Ways::of([Way::AsSaid, Way::Untold, Way::Otherwise, Way::AsSaid, Way::AsSaid]).share(),
            Some(0.75)
        );
    }
}
