//! What each second of a run says of each budget, gathered in one pass over the run.
//!
//! Opening the seconds of an hour costs more than everything that is done with them, so all budgets share one pass.
//! Budgets on the same part of a run share more: its seconds and its distribution are added up once for all of them,
//! and only what counts against a limit is kept for each limit.

use std::collections::HashMap;
use std::ops::Range;

use loadline_measure::{MetricId, MetricKind, PART, Run, Series, Sink, TagSetId, Trend};

use super::allowed::Quantity;
use super::budget::{ProjectBudget, Subject};
use super::counted::{Count, PartOfRun, Role, Rule, Second, Wants};
use super::part::Part;
use crate::answers::{Asked, Dropped, REQUESTS, response_time_name};
use crate::endpoint::Endpoints;
use crate::router::Router;
use crate::selection::Selection;
use crate::selector::Selector;
use crate::share::Resemblance;

/// What a run says of one budget.
#[derive(Debug)]
pub(crate) struct Tally<'g> {
    /// Ascending, those with values.
    pub(crate) seconds: Vec<Second>,
    /// All values of the part, for showing a percentile; of a sliding window, those of the stretch that is shown.
    pub(crate) trend: Option<&'g Trend>,
    /// The seconds of the stretch in which the percentile is highest, where it is shown for one that no other exceeds.
    pub(crate) highest: Option<Range<u64>>,
    /// The series of the subject, whatever their kind.
    pub(crate) series: &'g [Series],
    /// What was asked, where what was never answered counts.
    pub(crate) asked: Option<&'g Asked>,
    /// How the latencies of its seconds resemble each other, where there are enough.
    pub(crate) resemblance: Option<&'g Resemblance>,
}

/// What a run says of all budgets.
pub(crate) struct Tallies {
    parts: Vec<PartOfRun>,
    /// For each budget its part of the run, and which of the part's counts is its.
    of_budgets: Vec<(usize, Option<usize>)>,
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
        let mut known: HashMap<(&str, &Subject, bool, Wants), usize> = HashMap::new();
        let mut rules: HashMap<(usize, Rule), usize> = HashMap::new();
        let mut of_budgets = Vec::with_capacity(budgets.len());
        for budget in budgets {
            let steady_only = budget.part == Part::Steady;
            let metric = budget.metric_in(run.schema());
            let wants = Wants::of(budget, run.schema());
            let part = *known.entry((metric, &budget.subject, steady_only, wants)).or_insert_with(|| {
                parts.push(PartOfRun::new(steady_only, wants));
                parts.len() - 1
            });
            let shown = &mut parts[part];
            if wants.response_times || budget.counted_limit().is_some() {
                shown.scores.get_or_insert_default();
            }
            shown.shows |= budget.counted_limit().is_some() && !matches!(budget.part, Part::Sliding(_));
            let count = Rule::of(&budget.allowed).map(|rule| {
                *rules.entry((part, rule)).or_insert_with(|| {
                    shown.counts.push(Count { rule, bad: Vec::new(), doubtful: Vec::new() });
                    shown.counts.len() - 1
                })
            });
            of_budgets.push((part, count));
        }
        let subjects: Vec<((&str, &Subject), usize)> =
            known.iter().map(|((metric, subject, ..), part)| ((*metric, *subject), *part)).collect();
        let mut wanted: Vec<(Series, usize, Role)> = Vec::new();
        for (series, part) in series_of(run, &subjects, endpoints) {
            parts[part].series.push(series);
            wanted.push((series, part, Role::Values));
        }
        add_requests(run, &known, endpoints, &mut parts, &mut wanted);
        wanted.sort_unstable_by_key(|(series, part, _)| (*series, *part));
        let mut all = Self { parts, of_budgets };
        if all.wants_seconds(run, budgets) && !wanted.is_empty() {
            all.add_seconds(run, &wanted, steady);
            for part in &mut all.parts {
                if part.shows && !part.steady_only {
                    // The run has added up all of its seconds already.
                    part.trend = part.series.iter().filter_map(|series| trend_of(run, *series)).fold(
                        None,
                        |all: Option<Trend>, trend| {
                            let mut all = all.unwrap_or_default();
                            all.merge(trend);
                            Some(all)
                        },
                    );
                }
                part.resemblance = part.scores.take().and_then(|scores| scores.resemblance());
            }
        }
        all
    }

    /// Whether any budget is judged by its seconds; slopes are not.
    fn wants_seconds(&self, run: &Run, budgets: &[ProjectBudget]) -> bool {
        budgets.iter().zip(&self.of_budgets).any(|(budget, (part, _))| {
            (!self.parts[*part].series.is_empty() || self.parts[*part].asked.is_some())
                && kind_of(run, budget.metric_in(run.schema())).is_some_and(|kind| kind != MetricKind::Gauge)
        })
    }

    /// `wanted` ascends, as the series of a second do.
    fn add_seconds(&mut self, run: &Run, wanted: &[(Series, usize, Role)], steady: &Range<u64>) {
        let mut series: Vec<Series> = wanted.iter().map(|(series, ..)| *series).collect();
        series.dedup();
        for (number, window) in run.seconds_of(&series) {
            let in_steady = steady.contains(&number);
            let mut wanted = wanted.iter().peekable();
            for (series, sink) in window.iter() {
                while wanted.next_if(|(earlier, ..)| *earlier < series).is_some() {}
                while let Some((_, part, role)) = wanted.next_if(|(same, ..)| *same == series) {
                    let part = &mut self.parts[*part];
                    if in_steady || !part.steady_only {
                        part.add(number, sink, *role);
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
        let fits = kind_of(run, budget.metric_in(run.schema()))
            .is_some_and(|kind| budget.allowed.quantity.fits(kind) || budget.is_throughput());
        let seconds = if !fits || budget.allowed.quantity == Quantity::Slope {
            Vec::new()
        } else {
            part.seconds_with(count)
        };
        let shows = budget.counted_limit().is_some() && !matches!(budget.part, Part::Sliding(_));
        Tally {
            seconds,
            trend: part.trend.as_ref().filter(|_| shows),
            highest: None,
            series: &part.series,
            asked: part.asked.as_ref(),
            resemblance: part.resemblance.as_ref(),
        }
    }
}

/// Finds the requests beside the values of each part that wants them, and the arrivals that were dropped.
fn add_requests<'b>(
    run: &Run,
    known: &HashMap<(&'b str, &'b Subject, bool, Wants), usize>,
    endpoints: &Endpoints,
    parts: &mut [PartOfRun],
    wanted: &mut Vec<(Series, usize, Role)>,
) {
    let asking: Vec<(Subject, usize)> = known
        .iter()
        .filter(|((.., wants), _)| wants.unanswered || wants.dropped)
        .map(|((_, subject, ..), part)| {
            let subject = match subject {
                Subject::Metric(selector) => {
                    Subject::Metric(Selector { metric: REQUESTS.to_owned(), ..selector.clone() })
                }
                Subject::Endpoint(endpoint) | Subject::Part { endpoint, .. } => {
                    Subject::Endpoint(endpoint.clone())
                }
            };
            (subject, *part)
        })
        .collect();
    if asking.is_empty() {
        return;
    }
    let subjects: Vec<((&str, &Subject), usize)> =
        asking.iter().map(|(subject, part)| ((REQUESTS, subject), *part)).collect();
    let response_time = response_time_name(run.schema());
    let scored: Vec<((&str, &Subject), usize)> = asking
        .iter()
        .filter(|(_, part)| parts[*part].wants.response_times)
        .map(|(subject, part)| ((response_time, subject), *part))
        .collect();
    wanted.extend(
        series_of(run, &scored, endpoints).into_iter().map(|(series, part)| (series, part, Role::Scored)),
    );
    for (series, part) in series_of(run, &subjects, endpoints) {
        parts[part].requests.push(series);
        if parts[part].wants.unanswered {
            wanted.push((series, part, Role::Sent));
        }
    }
    let dropped = Dropped::of(run);
    for (subject, part) in &asking {
        let everything = matches!(subject, Subject::Metric(selector) if selector.tags.is_empty());
        let PartOfRun { requests, wants, .. } = &parts[*part];
        let mut lost = 0;
        if wants.dropped {
            lost = dropped.requests(requests, everything);
            let weights = dropped.weights(requests, everything);
            wanted.extend(weights.into_iter().map(|(series, weight)| (series, *part, Role::Lost(weight))));
        }
        let asked = Asked::of(run, requests, lost);
        if wants.unanswered && asked.sent + asked.dropped > 0 {
            parts[*part].asked = Some(asked);
        }
    }
}

fn trend_of(run: &Run, series: Series) -> Option<&Trend> {
    run.total(series).and_then(Sink::as_trend)
}

fn kind_of(run: &Run, metric: &str) -> Option<MetricKind> {
    run.schema().find(metric).map(|metric| run.schema().metric(metric).kind)
}

/// What wants an endpoint's series, and which part of its server it wants alone.
type OfEndpoint<'b> = (usize, Option<&'b String>);

/// The series that each subject is on, in the run's order.
fn series_of(
    run: &Run,
    subjects: &[((&str, &Subject), usize)],
    endpoints: &Endpoints,
) -> Vec<(Series, usize)> {
    let mut found = Vec::new();
    let mut selectors: Vec<&Selector> = Vec::new();
    let mut of_selectors = Vec::new();
    let mut of_endpoints: HashMap<(MetricId, &str), Vec<OfEndpoint<'_>>> = HashMap::new();
    for ((metric, subject), part) in subjects {
        match subject {
            Subject::Metric(selector) => {
                selectors.push(selector);
                of_selectors.push(*part);
            }
            Subject::Endpoint(name) => {
                if let Some(metric) = run.schema().find(metric) {
                    of_endpoints.entry((metric, name)).or_default().push((*part, None));
                }
            }
            Subject::Part { endpoint, part: name } => {
                if let Some(metric) = run.schema().find(metric) {
                    of_endpoints.entry((metric, endpoint)).or_default().push((*part, Some(name)));
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
                let is_it = |name: Option<&String>| name.is_none_or(|name| tags.get(PART) == Some(name));
                found.extend(parts.filter(|(_, name)| is_it(*name)).map(|(part, _)| (series, *part)));
            }
        }
    }
    found
}
