//! What each second of a run says of each budget, gathered in one pass over the run.
//!
//! Opening the seconds of an hour costs more than everything that is done with them, so all budgets share one pass.
//! Budgets on the same part of a run share more: its seconds and its distribution are added up once for all of them,
//! and only what counts against a limit is kept for each limit.

use std::collections::HashMap;
use std::ops::Range;

use loadline_measure::{MetricId, MetricKind, Run, Series, Sink, TagSetId, Trend};

use super::allowed::{Allowed, Quantity};
use super::budget::{ProjectBudget, Subject};
use super::part::Part;
use crate::endpoint::Endpoints;
use crate::router::Router;
use crate::selection::Selection;
use crate::selector::Selector;
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
#[derive(Debug)]
pub(crate) struct Tally<'g> {
    /// Ascending, those with values.
    pub(crate) seconds: Vec<Second>,
    /// All values of the part, for showing a percentile.
    pub(crate) trend: Option<&'g Trend>,
    /// Whether `bad` was counted by an exact counter at the limit, in every second.
    pub(crate) exact: bool,
    /// The series of the subject, whatever their kind.
    pub(crate) series: &'g [Series],
}

/// What a run says of all budgets.
pub(crate) struct Tallies {
    parts: Vec<PartOfRun>,
    /// For each budget its part of the run, and which of the part's counts is its.
    of_budgets: Vec<(usize, Option<usize>)>,
}

/// Some series of one metric, in all of the run or its steady part.
struct PartOfRun {
    series: Vec<Series>,
    steady_only: bool,
    /// Whether a budget on it shows a percentile of the whole part.
    shows: bool,
    seconds: Vec<Second>,
    trend: Option<Trend>,
    counts: Vec<Count>,
}

/// What counts against a limit, in each second of a part.
struct Count {
    rule: Rule,
    bad: Vec<u64>,
    exact: bool,
}

/// What counts against a limit; limits are their bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    Above { limit: u64, or_equal: bool },
    Passes,
    Fails,
}

impl Rule {
    fn of(allowed: &Allowed) -> Option<Self> {
        match allowed.quantity {
            Quantity::Percentile(_) => Some(Self::Above {
                limit: allowed.limit.to_bits(),
                or_equal: allowed.operator == Operator::Less,
            }),
            Quantity::Errors | Quantity::Share | Quantity::HitRate => {
                Some(if allowed.is_floor() { Self::Fails } else { Self::Passes })
            }
            _ => None,
        }
    }
}

impl Tallies {
    /// Gathers what the seconds say of each budget; `steady` is the steady part of the run.
    pub(crate) fn gather(
        run: &Run,
        budgets: &[ProjectBudget],
        endpoints: &Endpoints,
        steady: &Range<u64>,
    ) -> Self {
        let mut parts: Vec<PartOfRun> = Vec::new();
        let mut known: HashMap<(&str, &Subject, bool), usize> = HashMap::new();
        let mut rules: HashMap<(usize, Rule), usize> = HashMap::new();
        let mut of_budgets = Vec::with_capacity(budgets.len());
        for budget in budgets {
            let steady_only = budget.part == Part::Steady;
            let part = *known.entry((budget.metric(), &budget.subject, steady_only)).or_insert_with(|| {
                parts.push(PartOfRun::new(steady_only));
                parts.len() - 1
            });
            let shown = &mut parts[part];
            shown.shows |= budget.counted_limit().is_some() && !matches!(budget.part, Part::Sliding(_));
            let count = Rule::of(&budget.allowed).map(|rule| {
                *rules.entry((part, rule)).or_insert_with(|| {
                    shown.counts.push(Count { rule, bad: Vec::new(), exact: true });
                    shown.counts.len() - 1
                })
            });
            of_budgets.push((part, count));
        }
        let subjects: Vec<((&str, &Subject), usize)> =
            known.iter().map(|((metric, subject, _), part)| ((*metric, *subject), *part)).collect();
        let mut wanted = series_of(run, &subjects, endpoints);
        wanted.sort_unstable();
        for (series, part) in &wanted {
            parts[*part].series.push(*series);
        }
        let mut all = Self { parts, of_budgets };
        if all.wants_seconds(run, budgets) && !wanted.is_empty() {
            all.add_seconds(run, &wanted, steady);
        }
        all
    }

    /// Whether any budget is judged by its seconds; slopes are not.
    fn wants_seconds(&self, run: &Run, budgets: &[ProjectBudget]) -> bool {
        budgets.iter().zip(&self.of_budgets).any(|(budget, (part, _))| {
            !self.parts[*part].series.is_empty()
                && kind_of(run, budget.metric()).is_some_and(|kind| kind != MetricKind::Gauge)
        })
    }

    /// `wanted` ascends, as the series of a second do.
    fn add_seconds(&mut self, run: &Run, wanted: &[(Series, usize)], steady: &Range<u64>) {
        for (number, window) in run.seconds() {
            let in_steady = steady.contains(&number);
            let mut wanted = wanted.iter().peekable();
            for (series, sink) in window.iter() {
                while wanted.next_if(|(earlier, _)| *earlier < series).is_some() {}
                while let Some((_, part)) = wanted.next_if(|(same, _)| *same == series) {
                    let part = &mut self.parts[*part];
                    if in_steady || !part.steady_only {
                        part.add(number, sink);
                    }
                }
            }
        }
    }

    /// The series that a budget is on.
    pub(crate) fn series(&self, position: usize) -> &[Series] {
        &self.parts[self.of_budgets[position].0].series
    }

    /// What the run says of one budget.
    pub(crate) fn of(&self, position: usize, run: &Run, budget: &ProjectBudget) -> Tally<'_> {
        let (part, count) = self.of_budgets[position];
        let part = &self.parts[part];
        let count = count.map(|count| &part.counts[count]);
        let fits = kind_of(run, budget.metric()).is_some_and(|kind| budget.allowed.quantity.fits(kind));
        let seconds = if !fits || budget.allowed.quantity == Quantity::Slope {
            Vec::new()
        } else {
            let bad = |at: usize| count.map_or(0, |count| count.bad[at]);
            part.seconds.iter().enumerate().map(|(at, second)| Second { bad: bad(at), ..*second }).collect()
        };
        let shows = budget.counted_limit().is_some() && !matches!(budget.part, Part::Sliding(_));
        Tally {
            seconds,
            trend: part.trend.as_ref().filter(|_| shows),
            exact: count.is_none_or(|count| count.exact),
            series: &part.series,
        }
    }
}

fn kind_of(run: &Run, metric: &str) -> Option<MetricKind> {
    run.schema().find(metric).map(|metric| run.schema().metric(metric).kind)
}

/// The series that each subject is on, in the run's order.
fn series_of(
    run: &Run,
    subjects: &[((&str, &Subject), usize)],
    endpoints: &Endpoints,
) -> Vec<(Series, usize)> {
    let mut found = Vec::new();
    let mut selectors: Vec<&Selector> = Vec::new();
    let mut of_selectors = Vec::new();
    let mut of_endpoints: HashMap<(MetricId, &str), Vec<usize>> = HashMap::new();
    for ((metric, subject), part) in subjects {
        match subject {
            Subject::Metric(selector) => {
                selectors.push(selector);
                of_selectors.push(*part);
            }
            Subject::Endpoint(name) => {
                if let Some(metric) = run.schema().find(metric) {
                    of_endpoints.entry((metric, name)).or_default().push(*part);
                }
            }
        }
    }
    if !selectors.is_empty() {
        let selection = Selection::of(run, &selectors);
        for (position, part) in of_selectors.into_iter().enumerate() {
            found.extend(selection.series(position).iter().map(|series| (*series, part)));
        }
    }
    if !of_endpoints.is_empty() {
        let router = Router::new(endpoints);
        let mut names: HashMap<TagSetId, Vec<&str>> = HashMap::new();
        for (series, tags, _) in run.series() {
            let names = names.entry(series.tags).or_insert_with(|| router.of_tags(tags));
            for name in names {
                let parts = of_endpoints.get(&(series.metric, *name)).into_iter().flatten();
                found.extend(parts.map(|part| (series, *part)));
            }
        }
    }
    found
}

impl PartOfRun {
    fn new(steady_only: bool) -> Self {
        Self {
            series: Vec::new(),
            steady_only,
            shows: false,
            seconds: Vec::new(),
            trend: None,
            counts: Vec::new(),
        }
    }

    fn add(&mut self, number: u64, sink: &Sink) {
        let added = match sink {
            Sink::Trend(trend) => {
                if self.shows {
                    match &mut self.trend {
                        Some(all) => all.merge(trend),
                        none => *none = Some(trend.clone()),
                    }
                }
                let max = trend.max().unwrap_or_default();
                Second { number, total: trend.count(), sum: trend.sum(), max, bad: 0 }
            }
            Sink::Rate(rate) => Second { number, total: rate.total, ..Second::default() },
            Sink::Counter(counter) => {
                Second { number, total: counter.count, sum: counter.sum, ..Second::default() }
            }
            Sink::Gauge(_) => return,
        };
        match self.seconds.last_mut() {
            Some(last) if last.number == number => {
                last.total += added.total;
                last.sum += added.sum;
                last.max = last.max.max(added.max);
            }
            _ => {
                self.seconds.push(added);
                self.counts.iter_mut().for_each(|count| count.bad.push(0));
            }
        }
        for count in &mut self.counts {
            let (bad, exact) = count.rule.bad(sink);
            count.exact &= exact;
            if let Some(last) = count.bad.last_mut() {
                *last += bad;
            }
        }
    }
}

impl Rule {
    /// How many values count against the limit, and whether they were counted exactly.
    fn bad(self, sink: &Sink) -> (u64, bool) {
        match (self, sink) {
            (Self::Passes, Sink::Rate(rate)) => (rate.passes, true),
            (Self::Fails, Sink::Rate(rate)) => (rate.fails(), true),
            (Self::Above { limit, or_equal }, Sink::Trend(trend)) => {
                beyond(trend, f64::from_bits(limit), or_equal)
            }
            _ => (0, true),
        }
    }
}

/// How many values lie beyond a limit, and whether they were counted exactly.
fn beyond(trend: &Trend, limit: f64, or_equal: bool) -> (u64, bool) {
    if let Some(counted) = trend.limit(limit) {
        return (counted.above + if or_equal { counted.equal } else { 0 }, true);
    }
    // A limit that nobody counted at: a bucket that the limit lies in is all beyond it, which errs to the strict side.
    let histogram = trend.histogram();
    let beyond = histogram
        .positive
        .iter()
        .filter(|(index, _)| loadline_measure::bucket_bounds(*index).1 > limit)
        .map(|(_, count)| count)
        .sum();
    (beyond, false)
}
