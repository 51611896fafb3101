//! Budgets: thresholds that were read and fit the metrics that exist.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use loadline_measure::{
    EVERY_PART, Metric, MetricKind, PART, Run, SERVER_PART, Schema, ThresholdText, Unit, Watched,
    response_time,
};

use crate::endpoint::Endpoints;
use crate::problem::{Fault, Problems, closest};
use crate::project::{ProjectBudget, Subject};
use crate::selector::Selector;
use crate::threshold::{Aggregate, LimitUnit, Operator, Threshold};

/// What a run is judged by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budgets {
    /// The thresholds in the order they were written.
    pub budgets: Vec<Budget>,
    /// Whether thresholds without data pass, all of them.
    pub allow_no_data: bool,
    /// Whether requests without an answer count with the latency that k6 gives them, zero.
    pub as_k6: bool,
    /// What budgets of the project name.
    pub endpoints: Endpoints,
    /// The budgets of the project.
    pub project: Vec<ProjectBudget>,
}

/// One threshold on one metric or a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// What is judged.
    pub selector: Selector,
    /// The condition.
    pub threshold: Threshold,
    /// Both as they were written, with what was said about stopping and missing data.
    pub text: ThresholdText,
}

impl Budgets {
    /// Reads thresholds and checks them against the metrics that are defined. `origin` is where they come from, for
    /// messages: a script's name. One that is written twice is judged once.
    ///
    /// ```
    /// use loadline_measure::{Builtin, Schema, ThresholdText};
    /// use loadline_verdict::Budgets;
    /// let schema = Schema::new();
    /// Builtin::define(&schema)?;
    /// let threshold = |selector: &str, expression: &str| ThresholdText {
    ///     selector: selector.to_owned(),
    ///     expression: expression.to_owned(),
    ///     ..ThresholdText::default()
    /// };
    /// let good = [threshold("http_req_duration{scenario:search}", "p(95)<500")];
    /// assert_eq!(Budgets::parse("search.ts", &good, &schema)?.budgets.len(), 1);
    /// let bad = [threshold("http_req_duration", "p(95)<200mss"), threshold("http_reqs", "avg<1")];
    /// assert_eq!(Budgets::parse("search.ts", &bad, &schema).unwrap_err().len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// All problems at once: syntax, unknown metrics, aggregates that a metric's kind does not have, units on metrics
    /// that do not measure time.
    pub fn parse(origin: &str, texts: &[ThresholdText], schema: &Schema) -> Result<Self, Problems> {
        let metrics: Vec<Metric> = schema.metrics().into_iter().map(|(_, metric)| metric).collect();
        let by_name = metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
        let answers = response_time(schema).map(|metric| schema.metric(metric).name);
        let mut budgets = Distinct::default();
        let mut problems = Problems::default();
        let mut wrong_selectors: HashSet<&str> = HashSet::new();
        for text in texts {
            let in_selector = |fault: Fault| fault.in_text(origin, "", &text.selector);
            let in_expression = |fault: Fault| fault.in_text(origin, &text.selector, &text.expression);
            let selector = Selector::read(&text.selector).and_then(|selector| {
                let metric = find(&by_name, &selector, &text.selector)?;
                Ok((selector, metric))
            });
            let threshold = Threshold::read(&text.expression);
            match (selector, threshold) {
                (Ok((selector, metric)), Ok(threshold)) => {
                    let budget = Budget { selector, threshold, text: text.clone() };
                    match fits(&budget, metric, answers.as_deref() == Some(&metric.name)) {
                        Ok(()) => budgets.add(budget),
                        Err(fault) => problems.add(|| in_expression(fault)),
                    }
                }
                (selector, threshold) => {
                    // One misspelt metric with five thresholds is one problem.
                    let news = |_: &Fault| wrong_selectors.insert(text.selector.as_str());
                    if let Some(fault) = selector.err().filter(news) {
                        problems.add(|| in_selector(fault));
                    }
                    if let Some(fault) = threshold.err() {
                        problems.add(|| in_expression(fault));
                    }
                }
            }
        }
        if problems.is_empty() { Ok(Self { budgets: budgets.all, ..Self::default() }) } else { Err(problems) }
    }

    /// The budgets that a run carries: what it was judged by when it was recorded.
    ///
    /// # Errors
    /// As [`Budgets::parse`].
    pub fn of_run(run: &Run) -> Result<Self, Problems> {
        let mut budgets = Self::parse(&run.meta.name, &run.meta.thresholds, run.schema())?;
        budgets.allow_no_data = run.meta.allow_no_data;
        budgets.as_k6 = run.meta.as_k6;
        budgets.endpoints = Endpoints::of_texts(&run.meta.endpoints);
        let project = run.meta.budgets.iter();
        let project: Result<Vec<_>, _> =
            project.map(|text| ProjectBudget::parse(text, &budgets.endpoints)).collect();
        budgets.project = project.map_err(|wrong| Problems::one(wrong.problem))?;
        Ok(budgets)
    }

    /// The limits at which exact counters decide these thresholds: metric and limit in the metric's unit.
    pub fn limits(&self, schema: &Schema) -> impl Iterator<Item = (&str, f64)> {
        let percentiles =
            self.budgets.iter().filter(|budget| budget.threshold.aggregate.quantile().is_some());
        let of_project = self
            .project
            .iter()
            .filter_map(|budget| Some((budget.metric_in(schema), budget.counted_limit()?)));
        percentiles
            .map(|budget| (budget.selector.metric.as_str(), budget.threshold.limit.value()))
            .chain(of_project)
    }

    /// Has a run know all that these budgets and endpoints will ask of it: its trends count exactly at
    /// [`Budgets::limits`], and whatever tags it has to fold, those that are judged stay apart. Call it before
    /// recording starts, again when something was added.
    pub fn register(&self, schema: &Schema) {
        for (metric, limit) in self.limits(schema) {
            if let Some(metric) = schema.find(metric) {
                schema.add_limit(metric, limit);
            }
        }
        let mut watched = Watched::default();
        let of_project = self.project.iter().filter_map(|budget| match &budget.subject {
            Subject::Metric(selector) => Some(selector),
            Subject::Endpoint(_) | Subject::Part { .. } => None,
        });
        for selector in self.budgets.iter().map(|budget| &budget.selector).chain(of_project) {
            for (key, value) in &selector.tags {
                watched.value(key.as_str(), value.as_str());
            }
        }
        let every = |selector: &Selector| {
            selector.metric == SERVER_PART && !selector.tags.iter().any(|(key, _)| key == PART)
        };
        let of_metrics = self.project.iter().filter_map(|budget| match &budget.subject {
            Subject::Metric(selector) => Some(selector),
            Subject::Endpoint(_) | Subject::Part { .. } => None,
        });
        if self.budgets.iter().map(|budget| &budget.selector).chain(of_metrics).any(every) {
            watched.kind(EVERY_PART);
        }
        for budget in &self.project {
            if let Subject::Part { part, .. } = &budget.subject {
                watched.value(PART, part.as_str());
            }
        }
        let keep = self.endpoints.watch(&mut watched);
        schema.watch(&watched, keep);
    }
}

impl Budget {
    /// How long after the start a failure does not stop the run yet.
    pub fn abort_delay(&self) -> Duration {
        Duration::from_millis(self.text.delay_abort_eval_ms)
    }
}

fn find<'a>(
    metrics: &BTreeMap<&'a str, &'a Metric>,
    selector: &Selector,
    source: &str,
) -> Result<&'a Metric, Fault> {
    let name = selector.metric.as_str();
    if let Some(metric) = metrics.get(name) {
        return Ok(metric);
    }
    let start = source.find(name).unwrap_or_default();
    let fault = Fault::new(format!("threshold on an unknown metric `{name}`"), start..start + name.len());
    Err(match closest(name, metrics.keys().copied()) {
        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
        None => fault.hint(format!("define it in the script, as in `new Trend('{name}')`")),
    })
}

/// Whether the metric has what is asked of it; with `answers` its values are of the requests that were answered.
fn fits(budget: &Budget, metric: &Metric, answers: bool) -> Result<(), Fault> {
    let Budget { threshold, text, .. } = budget;
    let (aggregate, source) = (threshold.aggregate, text.expression.as_str());
    // Answers per second: requests that were never answered have no response time.
    let is_throughput = answers && aggregate == Aggregate::Rate;
    if !aggregate.fits(metric.kind) && !is_throughput {
        let end = source.find(['<', '>', '=', '!']).unwrap_or(source.len());
        let start = source.len() - source.trim_start().len();
        let message = format!(
            "threshold `{}` does not fit `{}`: a {} has no `{aggregate}`",
            source.trim(),
            metric.name,
            metric.kind
        );
        return Err(Fault::new(message, start..source[..end].trim_end().len()).hint(match metric.kind {
            MetricKind::Counter => "use `count` or `rate`, as in `count>100`",
            MetricKind::Gauge => "use `value`, as in `value<100`, or `slope`, as in `slope<2MB/h`",
            MetricKind::Rate => "use `rate`, as in `rate>0.99`",
            MetricKind::Trend => "use `avg`, `min`, `max`, `med` or a percentile, as in `p(95)<500`",
        }));
    }
    let unit = match threshold.limit.unit {
        None => return Ok(()),
        Some(LimitUnit::Slope(unit)) if unit.amount.fits(metric.unit) => return Ok(()),
        Some(LimitUnit::Slope(unit)) => {
            let end = source.trim_end().len();
            let start = source.find(|sign: char| sign.is_ascii_digit()).unwrap_or_default();
            let (what, example) = match metric.unit {
                Unit::Plain => ("plain numbers", "10/h"),
                Unit::Milliseconds => ("times", "5ms/h"),
                Unit::Bytes => ("bytes", "2MB/h"),
            };
            let message = format!(
                "threshold `{}` has the unit `{unit}`, but the values of `{}` are {what}",
                source.trim(),
                metric.name
            );
            return Err(Fault::new(message, start..end).hint(format!("write the limit like `{example}`")));
        }
        Some(LimitUnit::Time(unit)) => unit,
    };
    if metric.unit == Unit::Milliseconds && aggregate != Aggregate::Rate {
        return Ok(());
    }
    let end = source.trim_end().len();
    let start = source.trim_end_matches(|last: char| last.is_alphabetic() || last.is_whitespace()).len();
    let start = end - source[start..end].trim_start().len();
    let what = if aggregate == Aggregate::Rate {
        format!("but `{aggregate}` is not a time")
    } else {
        format!("but `{}` does not measure time", metric.name)
    };
    Err(Fault::new(
        format!("threshold `{}` has the unit `{}`, {what}", source.trim(), unit.text()),
        start..end,
    )
    .hint(format!("write the plain number `{}`", threshold.limit.number)))
}

/// Budgets, each once: lists put together from several places repeat themselves.
#[derive(Default)]
struct Distinct {
    all: Vec<Budget>,
    known: HashMap<Meaning, usize>,
}

/// What two budgets that say the same have in common: metric, tags in any order, aggregate, operator and limit.
type Meaning = (Selector, String, Operator, u64);

impl Distinct {
    /// Adds a budget, or the strictness it adds to one that says the same.
    fn add(&mut self, budget: Budget) {
        let mut selector = budget.selector.clone();
        selector.tags.sort_unstable();
        let Threshold { aggregate, operator, limit } = budget.threshold;
        // Negative zero is zero.
        let meaning = (selector, aggregate.to_string(), operator, (limit.value() + 0.0).to_bits());
        let Some(&known) = self.known.get(&meaning) else {
            self.known.insert(meaning, self.all.len());
            self.all.push(budget);
            return;
        };
        let (known, new) = (&mut self.all[known].text, budget.text);
        known.delay_abort_eval_ms = match (known.abort_on_fail, new.abort_on_fail) {
            (true, true) => known.delay_abort_eval_ms.min(new.delay_abort_eval_ms),
            (false, true) => new.delay_abort_eval_ms,
            (_, false) => known.delay_abort_eval_ms,
        };
        known.abort_on_fail |= new.abort_on_fail;
        known.allow_no_data &= new.allow_no_data;
    }
}
