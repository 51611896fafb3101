//! Budgets as a search counts them: from the windows of seconds to bad ones of so many.

use std::collections::HashMap;

use loadline_measure::{
    MetricKind, PART, RESPONSE_TIME, SERVER_PART, Schema, Series, Sink, TagSet, Trend, Window, response_time,
};
use loadline_units as units;
use loadline_verdict::{Budgets, Endpoints, Router, Selector, Subject};

use super::contradiction::contradictions;
use super::rule::{Rule, limit_words, name_of, of_quantity, of_threshold};
use crate::search::{Count, Requirement};

/// What is counted.
#[derive(Clone, Debug)]
pub struct Counting {
    items: Vec<Item>,
    endpoints: Endpoints,
    /// Which items a series is of.
    known: HashMap<Series, Vec<usize>>,
}

/// A budget that says nothing of how much load is carried, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The budget, as it was written.
    pub budget: String,
    /// Why it is left out.
    pub why: String,
}

#[derive(Clone, Debug)]
struct Item {
    /// As it was written.
    written: String,
    requirement: Requirement,
    of: Of,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    Metric(Selector),
    Endpoint { name: String, metric: String },
    Part { endpoint: String, part: String },
}

impl Counting {
    /// Of all budgets of a run that load can break; and those that it cannot, that are no share, or that another one
    /// implies. Metrics are those of the schema.
    ///
    /// # Errors
    /// What is said of budgets of which nothing keeps both.
    pub fn of(budgets: &Budgets, schema: &Schema) -> Result<(Self, Vec<Left>), Vec<String>> {
        let contradictions = contradictions(budgets);
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        let mut counting =
            Self { items: Vec::new(), endpoints: budgets.endpoints.clone(), known: HashMap::new() };
        let mut left = Vec::new();
        for budget in &budgets.budgets {
            let (text, threshold) = (&budget.text, budget.threshold);
            let written = format!("{}: {}", text.selector, text.expression);
            let metric = schema.find(&budget.selector.metric).map(|metric| schema.metric(metric).kind);
            let limit = threshold.limit.value();
            match of_threshold(metric, threshold.aggregate, threshold.operator, limit) {
                Ok((rule, permitted)) => counting.items.push(Item {
                    written,
                    requirement: Requirement {
                        name: name_of(&budget.selector, threshold.aggregate),
                        limit: limit_words(rule, permitted),
                        permitted,
                    },
                    of: Of::Metric(budget.selector.clone()),
                    rule,
                }),
                Err(why) => left.push(Left { budget: written, why: why.to_owned() }),
            }
        }
        for budget in &budgets.project {
            let text = &budget.text;
            let written = format!("{} {} of `{}`", text.quantity, text.limit, subject_words(&budget.subject));
            match of_quantity(budget) {
                Ok((rule, permitted)) => {
                    let (name, of) = match &budget.subject {
                        Subject::Endpoint(name) => {
                            let metric = budget.metric().to_owned();
                            (
                                format!("{name} {}", budget.text.quantity),
                                Of::Endpoint { name: name.clone(), metric },
                            )
                        }
                        Subject::Part { endpoint, part } => (
                            format!("{endpoint}: {part} {}", budget.text.quantity),
                            Of::Part { endpoint: endpoint.clone(), part: part.clone() },
                        ),
                        Subject::Metric(selector) => (
                            format!("{} {}", selector.metric, budget.text.quantity),
                            Of::Metric(selector.clone()),
                        ),
                    };
                    let limit = limit_words(rule, permitted);
                    counting.items.push(Item {
                        written,
                        requirement: Requirement { name, limit, permitted },
                        of,
                        rule,
                    });
                }
                Err(why) => left.push(Left { budget: written, why: why.to_owned() }),
            }
        }
        left.extend(counting.leave_out_what_is_implied());
        Ok((counting, left))
    }

    /// Of two limits on the same thing the stricter one counts.
    fn leave_out_what_is_implied(&mut self) -> Vec<Left> {
        let implies = |one: &Item, other: &Item| {
            let (own, others) = (one.requirement.permitted, other.requirement.permitted);
            one.of == other.of && one.rule.implies(own, other.rule, others)
        };
        let mut left = Vec::new();
        let mut place = 0;
        while place < self.items.len() {
            let item = &self.items[place];
            // Of two that say the same, the first one stays.
            let stricter = self.items.iter().enumerate().find(|(at, other)| {
                *at != place && implies(other, item) && (*at < place || !implies(item, other))
            });
            if let Some((_, stricter)) = stricter {
                let why = format!("`{}` is stricter", stricter.written);
                left.push(Left { budget: item.written.clone(), why });
                self.items.remove(place);
            } else {
                place += 1;
            }
        }
        left
    }

    /// Adds a limit on the response times of all requests.
    pub fn add_latency(&mut self, quantile: f64, limit_ms: f64) {
        let rule = Rule::Beyond(limit_ms, false);
        let name = format!("p{}", units::plain(quantile * 100.0));
        self.add(name, RESPONSE_TIME, rule, 1.0 - quantile);
    }

    /// Adds a limit on the share of requests that fail.
    pub fn add_errors(&mut self, share: f64) {
        self.add("errors".to_owned(), "http_req_failed", Rule::Failures, share);
    }

    fn add(&mut self, name: String, metric: &str, rule: Rule, permitted: f64) {
        let requirement = Requirement { name, limit: limit_words(rule, permitted), permitted };
        let selector = Selector { metric: metric.to_owned(), tags: Vec::new() };
        self.items.push(Item { written: String::new(), requirement, of: Of::Metric(selector), rule });
        self.known.clear();
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether requests that fail are counted.
    pub fn counts_errors(&self) -> bool {
        self.items.iter().any(|item| match &item.of {
            Of::Metric(selector) => selector.metric == "http_req_failed",
            Of::Endpoint { metric, .. } => metric == "http_req_failed",
            Of::Part { .. } => false,
        })
    }

    /// What must hold.
    pub fn requirements(&self) -> Vec<Requirement> {
        self.items.iter().map(|item| item.requirement.clone()).collect()
    }

    /// Counts a second.
    pub fn count(&mut self, schema: &Schema, window: &Window) -> Vec<Count> {
        let mut sums: Vec<Sum> = vec![Sum::default(); self.items.len()];
        for (series, sink) in window.iter() {
            if !self.known.contains_key(&series) {
                let items = self.items_of(schema, series);
                self.known.insert(series, items);
            }
            for &item in &self.known[&series] {
                sums[item].add(self.items[item].rule, sink);
            }
        }
        sums.iter().zip(&self.items).map(|(sum, item)| sum.count(item.rule)).collect()
    }

    fn items_of(&self, schema: &Schema, series: Series) -> Vec<usize> {
        let (metric, tags) = (schema.metric(series.metric), schema.tag_set(series.tags));
        let is = |wanted: &str| {
            metric.name == wanted || (wanted == RESPONSE_TIME && response_time(schema) == Some(series.metric))
        };
        let takes = |item: &Item| match &item.of {
            Of::Metric(selector) => is(&selector.metric) && selector.matches(&tags),
            Of::Endpoint { name, metric } => is(metric) && self.belongs(name, &tags),
            Of::Part { endpoint, part } => {
                is(SERVER_PART) && tags.get(PART) == Some(part) && self.belongs(endpoint, &tags)
            }
        };
        let fits = |item: &Item| match item.rule {
            Rule::Beyond(..) | Rule::Mean(_) | Rule::Max(_) => metric.kind == MetricKind::Trend,
            Rule::Failures | Rule::Misses => metric.kind == MetricKind::Rate,
        };
        (0..self.items.len()).filter(|&item| fits(&self.items[item]) && takes(&self.items[item])).collect()
    }

    fn belongs(&self, endpoint: &str, tags: &TagSet) -> bool {
        Router::new(&self.endpoints).of_tags(tags).contains(&endpoint)
    }
}

/// What the values of a second come to.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    bad: u64,
    total: u64,
    added: f64,
    max: f64,
}

impl Sum {
    fn add(&mut self, rule: Rule, sink: &Sink) {
        match (rule, sink) {
            (Rule::Beyond(limit, equal), Sink::Trend(trend)) => {
                self.total += trend.count();
                self.bad += beyond(trend, limit, equal);
            }
            (Rule::Mean(_) | Rule::Max(_), Sink::Trend(trend)) => {
                self.total += trend.count();
                self.added += trend.sum();
                self.max = self.max.max(trend.max().unwrap_or(0.0));
            }
            (Rule::Failures, Sink::Rate(rate)) => {
                self.total += rate.total;
                self.bad += rate.passes;
            }
            (Rule::Misses, Sink::Rate(rate)) => {
                self.total += rate.total;
                self.bad += rate.total - rate.passes;
            }
            _ => {}
        }
    }

    fn count(&self, rule: Rule) -> Count {
        let second = |bad: bool| Count { bad: u64::from(bad), total: u64::from(self.total > 0) };
        match rule {
            Rule::Beyond(..) | Rule::Failures | Rule::Misses => Count { bad: self.bad, total: self.total },
            Rule::Mean(limit) => second(self.total > 0 && self.added / self.total as f64 > limit),
            Rule::Max(limit) => second(self.max > limit),
        }
    }
}

/// How many values are beyond a limit: exact where it is registered, otherwise as fine as the histogram is.
fn beyond(trend: &Trend, limit: f64, equal: bool) -> u64 {
    if let Some(count) = trend.limit(limit) {
        return count.above + if equal { count.equal } else { 0 };
    }
    if let Some(values) = trend.raw() {
        return values.iter().filter(|value| **value > limit || (equal && **value == limit)).count() as u64;
    }
    trend.histogram().values().filter(|(value, _)| *value > limit).map(|(_, count)| count).sum()
}

fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Metric(selector) => selector.metric.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{Builtin, Recorder, TagSetId};

    use super::super::rule::{IS_A_FLOOR, IS_A_SUM};
    use super::super::written::texts;
    use super::*;

    fn counting(thresholds: &[(&str, &str)], schema: &Schema) -> (Counting, Vec<Left>) {
        let budgets = Budgets::parse("test", &texts(thresholds), schema).unwrap();
        budgets.register(schema);
        Counting::of(&budgets, schema).unwrap()
    }

    #[test]
    fn percentiles_and_rates_are_shares_and_means_are_of_seconds() {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let thresholds = [
            ("http_req_duration{scenario:search}", "p(95)<=100"),
            ("http_req_failed", "rate<0.02"),
            ("checks", "rate>0.9"),
            ("http_req_duration", "avg<50"),
        ];
        let (mut counting, left) = counting(&thresholds, &schema);
        assert!(left.is_empty() && counting.counts_errors(), "{left:?}");
        let named: Vec<(String, String)> =
            counting.requirements().into_iter().map(|one| (one.name, one.limit)).collect();
        let words = |name: &str, limit: &str| (name.to_owned(), limit.to_owned());
        assert_eq!(named[..2], [words("search p95", "100ms"), words("errors", "2.00%")]);

        let mut recorder = Recorder::new(Arc::clone(&schema));
        let search = recorder.tags(TagSetId::EMPTY, &[("scenario", "search")]);
        for (time, tags) in [(100.0, search), (101.0, search), (900.0, TagSetId::EMPTY)] {
            recorder.record(builtin.http_req_duration, time, tags);
        }
        for failed in [0.0, 0.0, 1.0] {
            recorder.record(builtin.http_req_failed, failed, search);
            recorder.record(builtin.checks, failed, search);
        }
        let counts: Vec<(u64, u64)> =
            counting.count(&schema, &recorder.take_window()).iter().map(|one| (one.bad, one.total)).collect();
        assert_eq!(counts, [(1, 2), (1, 3), (2, 3), (1, 1)]);
        // A second without anything says nothing.
        assert!(counting.count(&schema, &recorder.take_window()).iter().all(|one| *one == Count::default()));
    }

    #[test]
    fn what_load_does_not_break_is_left_out_with_its_reason() {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        let (counting, left) = counting(
            &[
                ("http_reqs", "count>100"),
                ("http_req_duration", "p(95)>1"),
                ("http_reqs", "rate>5"),
                ("http_req_duration", "min<5"),
            ],
            &schema,
        );
        assert!(counting.is_empty());
        let reasons: Vec<&str> = left.iter().map(|left| left.why.as_str()).collect();
        assert_eq!(reasons.len(), 4, "{left:?}");
        assert!(
            left.iter().any(|left| left.budget == "http_reqs: count>100" && left.why == IS_A_SUM),
            "{left:?}"
        );
        assert!(left.iter().any(|left| left.why == IS_A_FLOOR), "{left:?}");
    }

    #[test]
    fn of_two_limits_on_one_thing_the_stricter_one_counts() {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        let time = "http_req_duration";
        let (counting, left) = counting(
            &[
                (time, "p(95)<200"),
                (time, "p(95)<100"),
                (time, "p(95)<0.1s"),
                (time, "med<150"),
                (time, "p(99)<120"),
                (time, "max<90"),
                ("http_req_duration{scenario:a}", "p(95)<300"),
                ("http_req_failed", "rate<0.05"),
                ("http_req_failed", "rate<=0.01"),
            ],
            &schema,
        );
        let names: Vec<String> =
            counting.requirements().iter().map(|one| format!("{} {}", one.name, one.limit)).collect();
        assert_eq!(names, ["p95 100ms", "p99 120ms", "max 90ms", "a p95 300ms", "errors 1.00%"]);
        let said: Vec<String> = left.iter().map(|left| format!("{}, {}", left.budget, left.why)).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said[0], "http_req_duration: p(95)<200, `http_req_duration: p(95)<100` is stricter");
    }

    #[test]
    fn a_limit_that_is_learned_is_counted_too() {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let (mut counting, _) = counting(&[], &schema);
        counting.add_errors(0.01);
        counting.add_latency(0.95, 20.0);
        let mut recorder = Recorder::new(Arc::clone(&schema));
        for time in [5.0, 19.0, 21.0, 500.0] {
            recorder.record(builtin.response_time, time, TagSetId::EMPTY);
        }
        let counts = counting.count(&schema, &recorder.take_window());
        assert_eq!(counts, [Count::default(), Count { bad: 2, total: 4 }]);
        assert_eq!(counting.requirements()[1].name, "p95");
        assert!((counting.requirements()[1].permitted - 0.05).abs() < 1e-9);
    }
}
