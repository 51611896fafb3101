//! The judge of project budgets.
//!
//! Shares (percentiles, errors, hit rates) are judged by how many values lie on the wrong side of the limit, counted
//! exactly, with an interval that knows that the seconds of a run resemble each other. All of the interval within what
//! is allowed passes, all of it beyond fails, and a limit inside the interval is inconclusive: the evidence says how
//! much more it takes. Extremes, means and rates are what they are: they are compared, and have no interval.
//!
//! A sliding window asks for every stretch of a length, so the worst one decides; the confidence of its interval is
//! raised for the number of stretches that do not overlap (Bonferroni), because the worst of many looks bad by chance.

use std::ops::Range;

use loadline_measure::{MetricKind, Run, ThresholdText, Unit};

use super::allowed::Quantity;
use super::budget::{ProjectBudget, Subject};
use super::judge_point::judge_point;
use super::judge_share::judge_share;
use super::part::Part;
use super::shown::shown_stretches;
use super::stretch::Stretches;
use super::tally::{Tallies, Tally};
use crate::budgets::{Budget, Budgets};
use crate::finding::Finding;
use crate::judge_thresholds::{Judge, Terms};
use crate::missing::Missing;
use crate::selector::Selector;
use crate::steady::steady_part;
use crate::threshold::Threshold;
use crate::untold::Known;
use crate::verdict::{Outcome, Rule, Verdict};

/// Judges a run by a project's budgets: one verdict for each, in their order.
pub(crate) fn judge_project(run: &Run, budgets: &Budgets, known: &Known<'_>) -> Vec<Verdict> {
    if budgets.project.is_empty() {
        return Vec::new();
    }
    let wants =
        |budget: &ProjectBudget| budget.part == Part::Steady || budget.allowed.quantity == Quantity::Slope;
    let steady = if budgets.project.iter().any(wants) { steady_part(run) } else { 0..u64::MAX };
    let tallies = Tallies::gather(run, &budgets.project, &budgets.endpoints, &steady);
    let slopes: Vec<Option<Budget>> = budgets.project.iter().map(as_threshold).collect();
    let slopes_only: Vec<&Budget> = slopes.iter().flatten().collect();
    let judge = &mut Judge::new(run, &slopes_only, Terms::of(budgets));
    let shown = shown_stretches(run, &budgets.project, &tallies);
    let missing = Missing::of(run);
    let judged = budgets.project.iter().enumerate().zip(&slopes);
    judged
        .map(|((position, budget), slope)| {
            let mut tally = tallies.of(position, run, budget);
            if let Some(shown) = &shown[position] {
                tally.trend = Some(&shown.values);
                tally.highest.clone_from(&shown.highest);
            }
            let unit = unit(run, budget);
            let untold = match &budget.subject {
                Subject::Endpoint(name) | Subject::Part { endpoint: name, .. } => {
                    known.untold_endpoint(budget.metric_in(run.schema()), name)
                }
                Subject::Metric(selector) => known.untold(selector),
            };
            if let Some(why) = untold {
                // Missing data may be allowed; this is not missing.
                return verdict(run, budget, Finding::none(why), unit, false);
            }
            if let Some(asked) = tally.asked.filter(|_| tally.series.is_empty()) {
                return verdict(run, budget, Finding::none(asked.words(0)), unit, false);
            }
            let finding = match slope {
                Some(threshold) => judge.slope(threshold, unit),
                None => find(run, budget, &tally, &steady, unit),
            };
            let finding = finding.unwrap_or_else(|| Finding::none(no_data(run, budget, &tally)));
            let words = missing.words(budget.metric_in(run.schema()), &budget.subject.tags());
            let counts = matches!(budget.allowed.quantity, Quantity::Count | Quantity::Rate);
            let finding = finding.with_missing(words, counts && budget.allowed.is_floor());
            let allow_no_data = budgets.allow_no_data || budget.text.allow_no_data;
            verdict(run, budget, finding, unit, allow_no_data)
        })
        .collect()
}

fn verdict(run: &Run, budget: &ProjectBudget, finding: Finding, unit: Unit, allow_no_data: bool) -> Verdict {
    let fails = match finding.outcome {
        Outcome::Fail => true,
        Outcome::NoData => !allow_no_data,
        Outcome::Pass | Outcome::Inconclusive => false,
    };
    Verdict {
        rule: Rule::Budget,
        selector: budget.subject.to_string(),
        expression: budget.to_string(),
        metric: budget.metric_in(run.schema()).to_owned(),
        aggregate: budget.allowed.quantity.to_string(),
        outcome: finding.outcome,
        observed: finding.observed,
        interval: finding.interval,
        limit: budget.allowed.limit,
        unit,
        exact: finding.exact,
        values: finding.values,
        evidence: finding.evidence,
        certainty: finding.certainty,
        more_s: finding.more_s,
        trustworthy: run.meta.saturation.is_none(),
        fails,
        abort: false,
    }
}

/// The unit of the figure that is shown.
fn unit(run: &Run, budget: &ProjectBudget) -> Unit {
    let quantity = budget.allowed.quantity;
    if quantity.is_of_values() || matches!(quantity, Quantity::Spill | Quantity::Slope) {
        let metric =
            run.schema().find(budget.metric_in(run.schema())).map(|metric| run.schema().metric(metric).unit);
        return metric.unwrap_or(if quantity == Quantity::Spill { Unit::Bytes } else { Unit::Milliseconds });
    }
    Unit::Plain
}

fn find(
    run: &Run,
    budget: &ProjectBudget,
    tally: &Tally<'_>,
    steady: &Range<u64>,
    unit: Unit,
) -> Option<Finding> {
    let allowed = &budget.allowed;
    if tally.seconds.is_empty() {
        return None;
    }
    let whole = run.duration.as_secs_f64();
    let length = match budget.part {
        Part::Whole => whole,
        Part::Steady => (steady.end as f64).min(whole) - steady.start as f64,
        // The only window of a shorter run is the run.
        Part::Sliding(window) => window.as_secs_f64().min(whole),
    };
    let stretches = Stretches::of(run, budget, &tally.seconds);
    let metric = run.schema().find(budget.metric_in(run.schema())).map(|metric| run.schema().metric(metric));
    let answers = budget.is_throughput() && metric.is_some_and(|metric| metric.kind == MetricKind::Trend);
    match allowed.quantity {
        Quantity::Percentile(_) | Quantity::Errors | Quantity::Share | Quantity::HitRate => {
            judge_share(run, budget, tally, &stretches, unit)
        }
        _ => judge_point(budget, &stretches, (length, answers), unit),
    }
}

/// A slope is judged as a threshold on it is.
fn as_threshold(budget: &ProjectBudget) -> Option<Budget> {
    let Subject::Metric(selector) = &budget.subject else { return None };
    if budget.allowed.quantity != Quantity::Slope {
        return None;
    }
    let expression = budget.allowed.to_string();
    let threshold = Threshold::read(&expression).ok()?;
    let text = ThresholdText { selector: selector.to_string(), expression, ..ThresholdText::default() };
    Some(Budget { selector: selector.clone(), threshold, text })
}

fn no_data(run: &Run, budget: &ProjectBudget, tally: &Tally<'_>) -> String {
    let metric = budget.metric_in(run.schema());
    let Some(id) = run.schema().find(metric) else {
        let known = run.schema().metrics();
        let close = crate::problem::closest(metric, known.iter().map(|(_, metric)| metric.name.as_str()));
        let meant = close.map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
        return format!("the run has no metric `{metric}`{meant}");
    };
    let kind = run.schema().metric(id).kind;
    if !tally.series.is_empty() && !budget.allowed.quantity.fits(kind) {
        return format!("`{metric}` is a {kind}, which has no `{}`", budget.allowed.quantity);
    }
    match &budget.subject {
        Subject::Endpoint(name) => format!("no request was one of endpoint `{name}`"),
        Subject::Part { endpoint, part } => {
            format!("no answer of endpoint `{endpoint}` told of a part `{part}`")
        }
        Subject::Metric(Selector { tags, .. }) if tags.is_empty() => format!("`{metric}` has no values"),
        Subject::Metric(selector) => format!("no value of `{metric}` is one of `{selector}`"),
    }
}
