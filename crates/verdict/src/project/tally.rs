//! What each second of a run says of each budget, gathered in one pass over the run.
//!
//! Opening the seconds of an hour costs more than everything that is done with them, so all budgets share one pass.

use std::collections::HashMap;
use std::ops::Range;

use loadline_measure::{Run, Series, Sink, Trend};

use super::allowed::{Allowed, Quantity};
use super::budget::{ProjectBudget, Subject};
use super::part::Part;
use crate::endpoint::Endpoints;
use crate::threshold::Operator;

/// One second of what a budget is on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Second {
    pub(crate) number: u64,
    /// Values, requests or events.
    pub(crate) total: u64,
    /// Those of them that a share counts against the budget.
    pub(crate) bad: u64,
    pub(crate) sum: f64,
    pub(crate) max: f64,
}

/// What a run says of one budget.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Ascending, those with values.
    pub(crate) seconds: Vec<Second>,
    /// All values of the part, for showing a percentile.
    pub(crate) trend: Option<Trend>,
    /// Whether `bad` was counted by an exact counter at the limit, in every second.
    pub(crate) exact: bool,
    /// Whether any series is of the subject, with values of the right kind.
    pub(crate) series: Vec<Series>,
}

/// Gathers what the seconds say of each budget; `steady` is the steady part of the run.
pub(crate) fn gather(
    run: &Run,
    budgets: &[ProjectBudget],
    endpoints: &Endpoints,
    steady: &Range<u64>,
) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = budgets.iter().map(|_| Tally { exact: true, ..Tally::default() }).collect();
    let mut wanted: HashMap<Series, Vec<usize>> = HashMap::new();
    for (index, budget) in budgets.iter().enumerate() {
        if budget.allowed.quantity == Quantity::Slope {
            continue;
        }
        for series in series_of(run, budget, endpoints) {
            tallies[index].series.push(series);
            wanted.entry(series).or_default().push(index);
        }
    }
    if wanted.is_empty() {
        return tallies;
    }
    for (number, window) in run.seconds() {
        for (series, sink) in window.iter() {
            for &index in wanted.get(&series).into_iter().flatten() {
                let in_part = budgets[index].part != Part::Steady || steady.contains(&number);
                if in_part {
                    tallies[index].add(number, sink, &budgets[index]);
                }
            }
        }
    }
    tallies
}

/// The series that a budget is on.
fn series_of(run: &Run, budget: &ProjectBudget, endpoints: &Endpoints) -> Vec<Series> {
    let Some(metric) = run.schema().find(budget.metric()) else { return Vec::new() };
    run.series()
        .filter(|(series, tags, _)| {
            series.metric == metric
                && match &budget.subject {
                    Subject::Endpoint(name) => endpoints.of_tags(tags).contains(&name.as_str()),
                    Subject::Metric(selector) => tags.matches(&selector.tags),
                }
        })
        .map(|(series, ..)| series)
        .collect()
}

impl Tally {
    fn add(&mut self, number: u64, sink: &Sink, budget: &ProjectBudget) {
        let allowed = &budget.allowed;
        let exact = &mut self.exact;
        let added = match (sink, allowed.quantity) {
            (Sink::Trend(trend), quantity) if quantity.is_of_values() => {
                let (bad, counted) = beyond(trend, allowed);
                *exact &= counted;
                if quantity.quantile().is_some() && !matches!(budget.part, Part::Sliding(_)) {
                    match &mut self.trend {
                        Some(all) => all.merge(trend),
                        none => *none = Some(trend.clone()),
                    }
                }
                let sum = trend.avg().unwrap_or_default() * trend.count() as f64;
                Second { number, total: trend.count(), bad, sum, max: trend.max().unwrap_or_default() }
            }
            (Sink::Rate(rate), Quantity::Errors | Quantity::Share | Quantity::HitRate) => {
                let bad = if allowed.is_floor() { rate.total - rate.passes } else { rate.passes };
                Second { number, total: rate.total, bad, ..Second::default() }
            }
            (Sink::Counter(counter), Quantity::Rate | Quantity::Count | Quantity::Spill) => {
                Second { number, total: counter.count, sum: counter.sum, ..Second::default() }
            }
            _ => return,
        };
        match self.seconds.last_mut() {
            Some(last) if last.number == number => {
                last.total += added.total;
                last.bad += added.bad;
                last.sum += added.sum;
                last.max = last.max.max(added.max);
            }
            _ => self.seconds.push(added),
        }
    }
}

/// How many values a percentile's limit counts against it, and whether they were counted exactly.
fn beyond(trend: &Trend, allowed: &Allowed) -> (u64, bool) {
    if allowed.quantity.quantile().is_none() {
        return (0, true);
    }
    if let Some(counted) = trend.limit(allowed.limit) {
        let equal = if allowed.operator == Operator::Less { counted.equal } else { 0 };
        return (counted.above + equal, true);
    }
    // A limit that nobody counted at: a bucket that the limit lies in is all beyond it, which errs to the strict side.
    let histogram = trend.histogram();
    let beyond: u64 = histogram
        .positive
        .iter()
        .filter(|(index, _)| loadline_measure::bucket_bounds(*index).1 > allowed.limit)
        .map(|(_, count)| count)
        .sum();
    (beyond, false)
}
