//! Thresholds against a run: which values are meant, what they come to, and what that says.

use std::borrow::Cow;
use std::collections::HashMap;

use loadline_measure::{Counter, MetricKind, Run, Sink, Trend, Unit};
use loadline_units::{self as units, Scale};

use crate::answers::{Asked, Dropped, REQUESTS, is_zero_without_answer, response_time_name};
use crate::budgets::{Budget, Budgets};
use crate::finding::Finding;
use crate::judge_slope::{Slopes, judge_slope};
use crate::missing::Missing;
use crate::percentile::{self, Compared, normal};
use crate::selection::Selection;
use crate::selector::Selector;
use crate::threshold::{Aggregate, Operator, Threshold};
use crate::untold::Known;
use crate::verdict::{Outcome, Rule, Verdict};

/// How thresholds are judged, all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Whether thresholds without data pass.
    pub(crate) allow_no_data: bool,
    /// Whether a request without an answer has the latency that k6 gives it, zero.
    pub(crate) as_k6: bool,
}

impl Terms {
    pub(crate) fn of(budgets: &Budgets) -> Self {
        Self { allow_no_data: budgets.allow_no_data, as_k6: budgets.as_k6 }
    }
}

/// What thresholds share: the series of each selector are looked up once for all of them, and so is what they come to.
pub(crate) struct Judge<'r, 's> {
    run: &'r Run,
    allow_no_data: bool,
    positions: HashMap<&'s Selector, usize>,
    selection: Selection<'r>,
    sinks: Vec<Option<Cow<'r, Sink>>>,
    /// Of selectors of response times, and of what k6 records as zero without an answer: the requests beside them.
    asked: Vec<Option<Beside>>,
    slopes: Slopes<'r>,
    missing: Missing<'r>,
}

/// The requests beside the values of a selector.
struct Beside {
    asked: Asked,
    /// How many had an answer.
    answered: u64,
    /// Whether the values are those of answers alone, so that the others are to be added.
    of_answers: bool,
}

impl<'r, 's> Judge<'r, 's> {
    pub(crate) fn new(run: &'r Run, budgets: &[&'s Budget], terms: Terms) -> Self {
        let mut positions = HashMap::new();
        let mut selectors: Vec<&Selector> = Vec::new();
        for budget in budgets {
            positions.entry(&budget.selector).or_insert_with(|| {
                selectors.push(&budget.selector);
                selectors.len() - 1
            });
        }
        let selection = Selection::of(run, &selectors);
        let sinks = selectors
            .iter()
            .enumerate()
            .map(|(position, selector)| selection.sink(position).or_else(|| zero(run, &selection, selector)))
            .collect();
        let asked = beside(run, &selectors, terms.as_k6);
        let allow_no_data = terms.allow_no_data;
        Self {
            run,
            allow_no_data,
            positions,
            selection,
            sinks,
            asked,
            slopes: Slopes::new(run),
            missing: Missing::of(run),
        }
    }

    pub(crate) fn all(&mut self, budgets: &[&Budget], known: &Known<'_>) -> Vec<Verdict> {
        budgets.iter().map(|budget| self.one(budget, known.untold(&budget.selector))).collect()
    }

    /// Judges one; `untold` is why its values cannot be told from others, if so.
    fn one(&mut self, budget: &Budget, untold: Option<String>) -> Verdict {
        let run = self.run;
        let threshold = budget.threshold;
        let unit = run.schema().find(&budget.selector.metric).map(|metric| run.schema().metric(metric).unit);
        let unit = unit.filter(|_| threshold.aggregate != Aggregate::Rate).unwrap_or(Unit::Plain);
        let limit = threshold.limit.value();
        let position = self.positions[&budget.selector];
        let beside = self.asked[position].as_ref();
        let unheard = beside.filter(|beside| beside.answered == 0 && beside.asked.unanswered(0) > 0);
        // Neither is missing data, which may be allowed: something was measured.
        let is_untold = untold.is_some() || unheard.is_some();
        let finding = match (untold, unheard, threshold.aggregate) {
            (Some(why), ..) => Some(Finding::none(why)),
            (None, Some(beside), _) => Some(Finding::none(beside.asked.words(0))),
            (None, None, Aggregate::Slope) => self.slope(budget, unit),
            (None, None, _) => self.sinks[position].as_deref().and_then(|sink| {
                let beside = beside.filter(|beside| beside.of_answers);
                find(run, budget, sink, beside, unit, &|| no_data(&self.selection, &budget.selector))
            }),
        };
        let finding = finding.unwrap_or_else(|| Finding::none(no_data(&self.selection, &budget.selector)));
        let missing = self.missing.words(&budget.selector.metric, &budget.selector.tags);
        let finding = finding.with_missing(missing, self.grows(threshold, position));
        let fails = match finding.outcome {
            Outcome::Fail => true,
            Outcome::NoData => is_untold || (!self.allow_no_data && !budget.text.allow_no_data),
            Outcome::Pass | Outcome::Inconclusive => false,
        };
        Verdict {
            rule: Rule::Threshold,
            selector: budget.text.selector.clone(),
            expression: budget.text.expression.clone(),
            metric: budget.selector.metric.clone(),
            aggregate: threshold.aggregate.to_string(),
            outcome: finding.outcome,
            observed: finding.observed,
            interval: finding.interval,
            limit,
            unit,
            exact: finding.exact,
            values: finding.values,
            evidence: finding.evidence,
            certainty: finding.certainty,
            more_s: finding.more_s,
            trustworthy: run.meta.saturation.is_none(),
            fails,
            abort: finding.outcome == Outcome::Fail
                && budget.text.abort_on_fail
                && run.duration >= budget.abort_delay(),
        }
    }

    /// Whether more values can only help a threshold to hold.
    fn grows(&self, threshold: Threshold, position: usize) -> bool {
        let counts = matches!(self.sinks[position].as_deref(), Some(Sink::Counter(_)));
        counts && matches!(threshold.operator, Operator::Greater | Operator::GreaterOrEqual)
    }

    /// What the slope of a budget's gauge says; `None` when it has no values.
    pub(crate) fn slope(&mut self, budget: &Budget, unit: Unit) -> Option<Finding> {
        let position = self.positions[&budget.selector];
        judge_slope(&mut self.slopes, budget, self.selection.series(position), unit)
    }
}

/// The requests beside the values of each selector that has such.
fn beside(run: &Run, selectors: &[&Selector], as_k6: bool) -> Vec<Option<Beside>> {
    let response_time = response_time_name(run.schema());
    let mut wanted = Vec::new();
    let mut derived = Vec::new();
    for (position, selector) in selectors.iter().enumerate() {
        let of_answers = selector.metric == response_time && response_time != "http_req_duration";
        let zeros = is_zero_without_answer(&selector.metric) && response_time != "http_req_duration";
        if !as_k6 && (of_answers || zeros) {
            wanted.push((position, of_answers));
            derived.push(Selector { metric: REQUESTS.to_owned(), ..(*selector).clone() });
            derived.push(Selector { metric: response_time.to_owned(), ..(*selector).clone() });
        }
    }
    let mut all: Vec<Option<Beside>> = selectors.iter().map(|_| None).collect();
    if wanted.is_empty() {
        return all;
    }
    let selection = Selection::of(run, &derived);
    let dropped = Dropped::of(run);
    for (index, (position, of_answers)) in wanted.into_iter().enumerate() {
        let requests = selection.series(2 * index);
        let everything = selectors[position].tags.is_empty();
        let lost = if of_answers { dropped.requests(requests, everything) } else { 0 };
        let mut answered = selection.sink(2 * index + 1).map_or(0, |sink| sink.count());
        if !of_answers {
            // Whoever records no response times may still say which requests had an answer.
            answered = answered.max(Asked::with_answer(run, requests));
        }
        let asked = Asked::of(run, requests, lost);
        all[position] = Some(Beside { asked, answered, of_answers });
    }
    all
}

/// A counter that counted, but nothing with these tags, counted zero of them.
fn zero<'r>(run: &Run, selection: &Selection<'_>, selector: &Selector) -> Option<Cow<'r, Sink>> {
    let metric = run.schema().find(&selector.metric)?;
    let counts = run.schema().metric(metric).kind == MetricKind::Counter;
    (counts && selection.values_of(&selector.metric).is_some())
        .then(|| Cow::Owned(Sink::Counter(Counter::default())))
}

/// `None` when there is nothing to judge.
fn find(
    run: &Run,
    budget: &Budget,
    sink: &Sink,
    beside: Option<&Beside>,
    unit: Unit,
    no_data: &dyn Fn() -> String,
) -> Option<Finding> {
    let unanswered = beside.map_or(0, |beside| beside.asked.unanswered(sink.count()));
    let aggregate = budget.threshold.aggregate;
    let limit = budget.threshold.limit.value();
    let plain =
        |value: f64| Compared { value, ordering: normal(value).total_cmp(&normal(limit)), exact: true };
    let (compared, why) = match (aggregate, sink) {
        (Aggregate::Count, Sink::Counter(counter)) => {
            let why = if counter.count == 0 { format!(": {}", no_data()) } else { String::new() };
            (plain(counter.sum), why)
        }
        (Aggregate::Rate, Sink::Counter(counter)) => {
            let seconds = run.duration.as_secs_f64();
            let per_second = if seconds > 0.0 { counter.sum / seconds } else { return None };
            let why = format!("/s: {} in {}", units::decimals(counter.sum, 2), units::time_of(run.duration));
            (plain(per_second), why)
        }
        (Aggregate::Rate, Sink::Trend(trend)) => {
            let seconds = run.duration.as_secs_f64();
            let per_second = if seconds > 0.0 { trend.count() as f64 / seconds } else { return None };
            let why =
                format!("/s: {} answers in {}", units::count(trend.count()), units::time_of(run.duration));
            (plain(per_second), why)
        }
        (Aggregate::Rate, Sink::Rate(rate)) => {
            let why = format!(
                ": {} of {} ({})",
                units::count(rate.passes),
                units::count(rate.total),
                units::percent_of(rate.passes, rate.total)
            );
            (plain(rate.share()?), why)
        }
        (Aggregate::Value, Sink::Gauge(gauge)) => {
            let range = format!(
                ", between {} and {}",
                Scale::from(unit).text(gauge.min),
                Scale::from(unit).text(gauge.max)
            );
            (plain(gauge.last), range)
        }
        (Aggregate::Avg, Sink::Trend(trend)) => (plain(trend.avg()?), over(trend)),
        (Aggregate::Min, Sink::Trend(trend)) => (plain(trend.min()?), over(trend)),
        (Aggregate::Max, Sink::Trend(_)) if unanswered > 0 => (plain(f64::INFINITY), String::new()),
        (Aggregate::Max, Sink::Trend(trend)) => (plain(trend.max()?), over(trend)),
        (Aggregate::Med | Aggregate::Percentile(_), Sink::Trend(trend)) => {
            let compared = percentile::compare(trend, unanswered, aggregate.quantile()?, normal(limit))?;
            (compared, shares(trend, unanswered, budget.threshold.operator, limit, unit))
        }
        // The aggregate does not fit the kind: impossible for budgets checked against this run's metrics.
        _ => return None,
    };
    let (observed, _) = units::apart(compared.value, limit, unit.into());
    let estimated = if compared.exact { "" } else { " (estimated, ±0.14%)" };
    let missing = beside.map(|beside| beside.asked.words(sink.count())).filter(|words| !words.is_empty());
    let missing = missing.map(|words| format!("; {words}")).unwrap_or_default();
    let evidence = format!("{aggregate} = {observed}{estimated}{why}{missing}");
    let passes = budget.threshold.operator.holds(compared.ordering);
    Some(Finding {
        outcome: if passes { Outcome::Pass } else { Outcome::Fail },
        observed: Some(compared.value),
        interval: None,
        exact: compared.exact,
        values: sink.count() + unanswered,
        evidence,
        certainty: None,
        more_s: None,
    })
}

fn over(trend: &Trend) -> String {
    format!(" over {} values", units::count(trend.count()))
}

/// How many values keep the limit, when that can be counted.
fn shares(trend: &Trend, unanswered: u64, operator: Operator, limit: f64, unit: Unit) -> String {
    let Some(counted) = trend.limit(limit) else { return over(trend) };
    let (kept, relation) = match operator {
        Operator::Less => (counted.below, "below"),
        Operator::LessOrEqual => (counted.below + counted.equal, "at most"),
        Operator::Greater => (counted.above, "above"),
        Operator::GreaterOrEqual => (counted.above + counted.equal, "at least"),
        Operator::Equal | Operator::StrictlyEqual | Operator::NotEqual => return over(trend),
    };
    let all = trend.count() + unanswered;
    let kept =
        kept + if matches!(operator, Operator::Greater | Operator::GreaterOrEqual) { unanswered } else { 0 };
    format!(
        "; {} of {} values ({}) are {relation} {}",
        units::count(kept),
        units::count(all),
        units::percent_of(kept, all),
        Scale::from(unit).exact(limit)
    )
}

fn no_data(selection: &Selection<'_>, selector: &Selector) -> String {
    let metric = &selector.metric;
    match selection.values_of(metric) {
        Some(all) if !selector.tags.is_empty() => {
            let tags: Vec<String> =
                selector.tags.iter().map(|(key, value)| format!("`{key}:{value}`")).collect();
            format!("none of the {} values of `{metric}` carries {}", units::count(all), tags.join(" and "))
        }
        _ => format!("`{metric}` has no values"),
    }
}
