//! Judging what is counted or measured as it is: extremes, means, rates and counts have no interval.

use loadline_measure::Unit;

use super::allowed::Quantity;
use super::budget::ProjectBudget;
use super::part::Part;
use super::tally::Second;
use crate::judge::{Finding, Outcome};
use crate::words;

/// Extremes, means, rates and counts: the worst stretch is compared.
pub(crate) fn judge_point(
    budget: &ProjectBudget,
    windows: &[&[Second]],
    stretch_s: f64,
    unit: Unit,
) -> Option<Finding> {
    let allowed = &budget.allowed;
    let figure = |window: &&[Second]| {
        let (sum, total) = window.iter().fold((0.0, 0_u64), |(sum, total), s| (sum + s.sum, total + s.total));
        match allowed.quantity {
            Quantity::Max => window.iter().map(|second| second.max).fold(f64::NEG_INFINITY, f64::max),
            Quantity::Mean => sum / total.max(1) as f64,
            Quantity::Rate => sum / stretch_s.max(1.0),
            _ => sum,
        }
    };
    let figures = windows.iter().map(figure);
    let worst = if allowed.is_floor() { figures.reduce(f64::min) } else { figures.reduce(f64::max) }?;
    let values: u64 = windows.iter().flat_map(|window| window.iter()).map(|second| second.total).sum();
    let values = if windows.len() > 1 {
        windows.iter().map(|w| w.iter().map(|s| s.total).sum()).max()?
    } else {
        values
    };
    let (observed, limit) = words::apart(worst, allowed.limit, unit);
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
        values,
        evidence: format!(
            "{} = {observed}{per}{place}, limit {} {limit}{per}; {} values",
            allowed.quantity,
            allowed.operator.text(),
            words::count(values)
        ),
    })
}
