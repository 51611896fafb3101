//! The judge of project budgets.
//!
//! Shares (percentiles, errors, hit rates) are judged by how many values lie on the wrong side of the limit, counted
//! exactly, with an interval that knows that the seconds of a run resemble each other. All of the interval within what is
//! allowed passes, all of it beyond fails, and a limit inside the interval is inconclusive: the evidence says how much
//! more it takes. Extremes, means and rates are what they are: they are compared, and have no interval.
//!
//! A sliding window asks for every stretch of a length, so the worst one decides; the confidence of its interval is raised
//! for the number of stretches that do not overlap (Bonferroni), because the worst of many looks bad by chance.

use std::ops::Range;

use loadline_measure::{MetricKind, Run, ThresholdText, Unit};

use super::allowed::Quantity;
use super::budget::{ProjectBudget, Subject};
use super::judge_point::judge_point;
use super::judge_share::judge_share;
use super::part::Part;
use super::tally::{Second, Tally, gather};
use crate::budgets::{Budget, Budgets};
use crate::judge::{Finding, Outcome, Rule, Verdict};
use crate::judge_slope::judge_slope;
use crate::selector::Selector;
use crate::steady::steady;
use crate::threshold::Threshold;

/// Judges a run by a project's budgets: one verdict for each, in their order.
pub(crate) fn judge_project(run: &Run, budgets: &Budgets) -> Vec<Verdict> {
    if budgets.project.is_empty() {
        return Vec::new();
    }
    let steady = steady_part(run);
    let tallies = gather(run, &budgets.project, &budgets.endpoints, &steady);
    let judged = budgets.project.iter().zip(&tallies);
    judged.map(|(budget, tally)| verdict(run, budget, tally, &steady, budgets.allow_no_data)).collect()
}

fn steady_part(run: &Run) -> Range<u64> {
    let users = run.schema().find("vus").map(|vus| run.gauge_seconds::<&str, &str>(vus, &[]));
    let users = users.and_then(|all| all.first().map(|(_, seconds)| *seconds)).unwrap_or_default();
    steady(users, run.duration.as_secs_f64().ceil() as u64)
}

fn verdict(
    run: &Run,
    budget: &ProjectBudget,
    tally: &Tally,
    steady: &Range<u64>,
    allow_no_data: bool,
) -> Verdict {
    let unit = unit(run, budget);
    let finding = find(run, budget, tally, steady, unit);
    let finding = finding.unwrap_or_else(|| Finding::none(no_data(run, budget, tally)));
    let fails = match finding.outcome {
        Outcome::Fail => true,
        Outcome::NoData => !allow_no_data && !budget.text.allow_no_data,
        Outcome::Pass | Outcome::Inconclusive => false,
    };
    Verdict {
        rule: Rule::Budget,
        selector: budget.subject.to_string(),
        expression: budget.to_string(),
        metric: budget.metric().to_owned(),
        aggregate: budget.allowed.quantity.to_string(),
        outcome: finding.outcome,
        observed: finding.observed,
        interval: finding.interval,
        limit: budget.allowed.limit,
        unit,
        exact: finding.exact,
        values: finding.values,
        evidence: finding.evidence,
        trustworthy: run.meta.saturation.is_none(),
        fails,
        abort: false,
    }
}

/// The unit of the figure that is shown.
fn unit(run: &Run, budget: &ProjectBudget) -> Unit {
    let quantity = budget.allowed.quantity;
    if quantity.is_of_values() || matches!(quantity, Quantity::Spill | Quantity::Slope) {
        let metric = run.schema().find(budget.metric()).map(|metric| run.schema().metric(metric).unit);
        return metric.unwrap_or(if quantity == Quantity::Spill { Unit::Bytes } else { Unit::Milliseconds });
    }
    Unit::Plain
}

fn find(
    run: &Run,
    budget: &ProjectBudget,
    tally: &Tally,
    steady: &Range<u64>,
    unit: Unit,
) -> Option<Finding> {
    let allowed = &budget.allowed;
    if allowed.quantity == Quantity::Slope {
        return slope(run, budget, unit);
    }
    if tally.seconds.is_empty() {
        return None;
    }
    let length = match budget.part {
        Part::Steady => (steady.end - steady.start) as f64,
        _ => run.duration.as_secs_f64(),
    };
    let windows = match budget.part {
        Part::Sliding(length) => windows(&tally.seconds, length.as_secs(), run.duration.as_secs_f64() as u64),
        _ => vec![tally.seconds.as_slice()],
    };
    let stretch = match budget.part {
        Part::Sliding(window) => window.as_secs_f64(),
        _ => length,
    };
    match allowed.quantity {
        Quantity::Percentile(_) | Quantity::Errors | Quantity::Share | Quantity::HitRate => {
            judge_share(run, budget, tally, &windows, unit)
        }
        _ => judge_point(budget, &windows, stretch, unit),
    }
}

/// The stretches of a length that lie in the run, one for each second they may begin at; the whole run when it is shorter.
fn windows(seconds: &[Second], length: u64, run_seconds: u64) -> Vec<&[Second]> {
    let last = run_seconds.saturating_sub(length);
    let stretches = (0..=last).map(|from| {
        let begin = seconds.partition_point(|second| second.number < from);
        let end = seconds.partition_point(|second| second.number < from + length);
        &seconds[begin..end]
    });
    stretches.filter(|window| !window.is_empty()).collect()
}

/// A slope is judged as a threshold on it is.
fn slope(run: &Run, budget: &ProjectBudget, unit: Unit) -> Option<Finding> {
    let Subject::Metric(selector) = &budget.subject else { return None };
    let expression = budget.allowed.to_string();
    let threshold = Threshold::read(&expression).ok()?;
    let text = ThresholdText { selector: selector.to_string(), expression, ..ThresholdText::default() };
    judge_slope(run, &Budget { selector: selector.clone(), threshold, text }, unit)
}

fn no_data(run: &Run, budget: &ProjectBudget, tally: &Tally) -> String {
    let metric = budget.metric();
    let Some(id) = run.schema().find(metric) else {
        let known = run.schema().metrics();
        let close = crate::problem::closest(metric, known.iter().map(|(_, metric)| metric.name.as_str()));
        let meant = close.map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
        return format!("the run has no metric `{metric}`{meant}");
    };
    let kind = run.schema().metric(id).kind;
    if !tally.series.is_empty() && !fits(budget.allowed.quantity, kind) {
        return format!("`{metric}` is a {kind}, which has no `{}`", budget.allowed.quantity);
    }
    match &budget.subject {
        Subject::Endpoint(name) => format!("no request was one of endpoint `{name}`"),
        Subject::Metric(Selector { tags, .. }) if tags.is_empty() => format!("`{metric}` has no values"),
        Subject::Metric(selector) => format!("no value of `{metric}` is one of `{selector}`"),
    }
}

fn fits(quantity: Quantity, kind: MetricKind) -> bool {
    match quantity {
        Quantity::Percentile(_) | Quantity::Max | Quantity::Mean => kind == MetricKind::Trend,
        Quantity::Errors | Quantity::Share | Quantity::HitRate => kind == MetricKind::Rate,
        Quantity::Rate | Quantity::Count | Quantity::Spill => kind == MetricKind::Counter,
        Quantity::Slope => kind == MetricKind::Gauge,
    }
}
