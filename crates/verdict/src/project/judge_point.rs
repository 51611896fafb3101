//! Judging what is counted or measured as it is: extremes, means, rates and counts have no interval.

use loadline_measure::Unit;
use loadline_units as units;

use super::allowed::Quantity;
use super::budget::ProjectBudget;
use super::counted::Second;
use super::part::Part;
use super::stretch::{Stretches, Sums};
use crate::finding::Finding;
use crate::verdict::Outcome;

/// Extremes, means, rates and counts: the worst stretch is compared. Stretches last so many seconds; with `answers` a
/// rate is of answers, whose response times these are.
pub(crate) fn judge_point(
    budget: &ProjectBudget,
    stretches: &Stretches<'_>,
    (stretch_s, answers): (f64, bool),
    unit: Unit,
) -> Option<Finding> {
    let allowed = &budget.allowed;
    // A stretch without anything has no extreme and no mean, but a rate and a count, of nothing.
    let counts = matches!(allowed.quantity, Quantity::Rate | Quantity::Count | Quantity::Spill);
    // The sum of response times is no throughput; how many there are is.
    let events = |sums: &Sums| if answers { (sums.total - sums.unanswered) as f64 } else { sums.sum };
    let figure = |sums: &Sums| match allowed.quantity {
        // What was never answered has no time that could be in a mean.
        Quantity::Mean => sums.sum / (sums.total - sums.unanswered).max(1) as f64,
        Quantity::Rate => events(sums) / if stretch_s > 0.0 { stretch_s } else { 1.0 },
        _ => sums.sum,
    };
    let worst = if allowed.quantity == Quantity::Max {
        stretches.max()?
    } else {
        let judged = stretches.iter().filter(|(seconds, _)| counts || !seconds.is_empty());
        let worse = |left: &(&[Second], Sums), right: &(&[Second], Sums)| {
            let order = figure(&left.1).total_cmp(&figure(&right.1));
            if allowed.is_floor() { order.reverse() } else { order }
        };
        let (seconds, _) = judged.max_by(worse)?;
        // Added up anew: a difference of running sums is off by a rounding.
        let total = seconds.iter().map(|second| second.total).sum();
        figure(&Sums {
            bad: 0,
            total,
            unanswered: seconds.iter().map(|second| second.unanswered).sum(),
            sum: seconds.iter().map(|second| second.sum).fold(0.0, |sum, more| sum + more),
        })
    };
    let values = stretches.iter().map(|(_, sums)| sums.total).max()?;
    let (observed, limit) = units::apart(worst, allowed.limit, unit.into());
    let per = if allowed.quantity == Quantity::Rate { "/s" } else { "" };
    let place = match budget.part {
        Part::Whole => "",
        Part::Steady => " in the steady part",
        Part::Sliding(_) => " in the worst stretch",
    };
    Some(Finding {
        outcome: if allowed.holds(worst) { Outcome::Pass } else { Outcome::Fail },
        observed: Some(worst),
        interval: None,
        exact: true,
        certainty: None,
        more_s: None,
        values,
        evidence: format!(
            "{} = {observed}{per}{place}, limit {} {limit}{per}; {} values",
            allowed.quantity,
            allowed.operator.text(),
            units::count(values)
        ),
    })
}
