//! One condition of a project's budget, read and checked against the endpoints that exist.

use std::fmt;

use loadline_measure::{
    BudgetText, CACHE_HITS, PART, RESPONSE_TIME, SERVER_PART, Schema, cache_metric_name, part_name,
    response_time,
};

use super::allowed::{Allowed, Quantity};
use super::part::Part;
use crate::answers::{REQUESTS, response_time_name};
use crate::endpoint::{Endpoints, Route};
use crate::problem::{Fault, Problem, closest};
use crate::selector::Selector;

/// What a budget is on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A named route.
    Endpoint(String),
    /// What the server of a named route says of a part of itself, as [`PART`] names it.
    Part {
        /// The route's name.
        endpoint: String,
        /// The part's.
        part: String,
    },
    /// A metric, or the part of it with certain tags.
    Metric(Selector),
}

/// One condition of a project's budget: `p95` of `search.findPrograms` at most `500ms`, over the steady part.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectBudget {
    /// What is judged.
    pub subject: Subject,
    /// How much of it is allowed.
    pub allowed: Allowed,
    /// The part of the run it holds for.
    pub part: Part,
    /// As it was written.
    pub text: BudgetText,
}

/// What a fault is in, of a budget's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The endpoint or metric.
    Subject,
    /// The name of the quantity.
    Quantity,
    /// The limit.
    Limit,
    /// The part of the run.
    Over,
}

/// What is wrong with a budget, and in which of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetProblem {
    /// The text it is in.
    pub place: Place,
    /// What is wrong with it; without an origin.
    pub problem: Problem,
}

impl Subject {
    /// The route whose requests it is on.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Endpoint(endpoint) | Self::Part { endpoint, .. } => Some(endpoint),
            Self::Metric(_) => None,
        }
    }

    /// The tags that its values have beside those of their route's requests.
    pub fn tags(&self) -> Vec<(String, String)> {
        match self {
            Self::Endpoint(_) => Vec::new(),
            Self::Part { part, .. } => vec![(PART.to_owned(), part.clone())],
            Self::Metric(selector) => selector.tags.clone(),
        }
    }
}

impl ProjectBudget {
    /// Reads one condition. The endpoints are those of the same project.
    ///
    /// # Errors
    /// What is wrong, and in which of its texts; the caller knows where these stand and completes the problem's origin.
    pub fn parse(text: &BudgetText, endpoints: &Endpoints) -> Result<Self, Box<BudgetProblem>> {
        let problem = |place: Place, source: &str, fault: Fault| {
            Box::new(BudgetProblem { place, problem: fault.in_text("", "", source) })
        };
        let subject =
            subject(text, endpoints).map_err(|(source, fault)| problem(Place::Subject, source, fault))?;
        let allowed = Allowed::read(&text.quantity, &text.limit).map_err(|fault| {
            let named = Quantity::read(&text.quantity).is_ok();
            let (place, source) =
                if named { (Place::Limit, &text.limit) } else { (Place::Quantity, &text.quantity) };
            problem(place, source, fault)
        })?;
        let part = Part::read(&text.over).map_err(|fault| problem(Place::Over, &text.over, fault))?;
        let budget = Self { subject, allowed, part, text: text.clone() };
        match budget.contradiction() {
            Some(words) => {
                let fault = Fault::new(words, 0..text.limit.len());
                Err(problem(Place::Limit, &text.limit, fault))
            }
            None => Ok(budget),
        }
    }

    /// The metric whose values it judges, as it is called in this schema.
    pub fn metric_in(&self, schema: &Schema) -> &str {
        match self.metric() {
            CACHE_HITS if matches!(self.subject, Subject::Endpoint(_)) => {
                cache_metric_name(schema, CACHE_HITS)
            }
            RESPONSE_TIME if matches!(self.subject, Subject::Endpoint(_)) => match response_time(schema) {
                None if self.allowed.quantity == Quantity::Rate => REQUESTS,
                _ => response_time_name(schema),
            },
            other => other,
        }
    }

    /// Whether what is never answered counts against it: it is on response times or on failures.
    pub(crate) fn counts_unanswered(&self, schema: &Schema) -> bool {
        let metric = self.metric_in(schema);
        metric == response_time_name(schema) && metric != "http_req_duration"
    }

    /// The metric whose values it judges, by its usual name.
    pub fn metric(&self) -> &str {
        match &self.subject {
            Subject::Metric(selector) => &selector.metric,
            Subject::Part { .. } => SERVER_PART,
            Subject::Endpoint(_) => match self.allowed.quantity {
                // Throughput is of answers.
                Quantity::Percentile(_) | Quantity::Max | Quantity::Mean | Quantity::Rate => RESPONSE_TIME,
                Quantity::Errors => "http_req_failed",
                Quantity::HitRate => CACHE_HITS,
                _ => REQUESTS,
            },
        }
    }

    /// Whether it is on answers per second.
    pub(crate) fn is_throughput(&self) -> bool {
        self.allowed.quantity == Quantity::Rate && matches!(self.subject, Subject::Endpoint(_))
    }

    /// The limit at which exact counters decide it, in the metric's unit; `None` when no counter is needed.
    pub fn counted_limit(&self) -> Option<f64> {
        self.allowed.quantity.quantile().map(|_| self.allowed.limit)
    }

    /// What does not go together.
    fn contradiction(&self) -> Option<String> {
        let Allowed { quantity, .. } = &self.allowed;
        if let Some(why) = self.allowed.vacuous() {
            return Some(format!("a budget of `{}` decides nothing: {why}", self.allowed));
        }
        let on_endpoint = !matches!(self.subject, Subject::Metric(_));
        match quantity {
            Quantity::Slope | Quantity::Spill | Quantity::Share if on_endpoint => Some(format!(
                "`{quantity}` is of a metric, not of an endpoint: write `metric = \"…\"` in place of `endpoint`"
            )),
            Quantity::Errors | Quantity::HitRate if matches!(self.subject, Subject::Part { .. }) => {
                Some(format!("`{quantity}` is of requests, not of a part of their server: leave `part` out"))
            }
            Quantity::Errors if !on_endpoint => {
                Some("`errors` is of an endpoint; for a rate metric write `share = \"<= 1%\"`".to_owned())
            }
            Quantity::Slope if self.part != Part::Steady && !self.text.over.is_empty() => {
                Some("a slope is always of the steady part: leave `over` out".to_owned())
            }
            _ => None,
        }
    }
}

fn subject<'a>(text: &'a BudgetText, endpoints: &Endpoints) -> Result<Subject, (&'a str, Fault)> {
    match (text.endpoint.trim(), text.metric.trim()) {
        ("", metric) if !text.part.is_empty() && !metric.is_empty() => Err((
            text.metric.as_str(),
            Fault::new("`part` is of an endpoint's server, not of a metric", 0..text.metric.len())
                .hint("write `endpoint = \"search.findPrograms\"` in place of `metric`"),
        )),
        ("", "") => Err((
            "",
            Fault::new("a budget needs an `endpoint` or a `metric`", 0..0)
                .hint("write `endpoint = \"search.findPrograms\"`, with a name of `[endpoints]`"),
        )),
        (name, "") => {
            if endpoints.contains(name) {
                let (endpoint, part) = (name.to_owned(), part_name(&text.part));
                return Ok(if part.is_empty() {
                    Subject::Endpoint(endpoint)
                } else {
                    Subject::Part { endpoint, part }
                });
            }
            let fault = Fault::new(format!("there is no endpoint `{name}`"), 0..text.endpoint.len());
            let known = endpoints.iter().map(|endpoint| endpoint.name.as_str());
            let fault = match closest(name, known) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None if Route::read(name).is_ok() => {
                    fault.hint("give the route a name in `[endpoints]`, and write the name here")
                }
                None => fault.hint(format!("name it in `[endpoints]`: `\"{name}\" = \"GET /path\"`")),
            };
            Err((text.endpoint.as_str(), fault))
        }
        ("", _) => {
            Selector::read(&text.metric).map(Subject::Metric).map_err(|fault| (text.metric.as_str(), fault))
        }
        _ => Err((
            text.metric.as_str(),
            Fault::new("a budget is on an `endpoint` or on a `metric`, not on both", 0..text.metric.len()),
        )),
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(name) => formatter.write_str(name),
            Self::Part { endpoint, part } => write!(formatter, "{endpoint}: {part}"),
            Self::Metric(selector) => selector.fmt(formatter),
        }
    }
}

/// The condition, and the part it holds for unless that is all: `p95<=500ms over steady`.
impl fmt::Display for ProjectBudget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.part, self.allowed.quantity) {
            (Part::Whole, _) | (_, Quantity::Slope) => self.allowed.fmt(formatter),
            (Part::Steady, _) => write!(formatter, "{} over steady", self.allowed),
            (Part::Sliding(_), _) => write!(formatter, "{} in any {}", self.allowed, self.part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(endpoint: &str, metric: &str, quantity: &str, limit: &str, over: &str) -> BudgetText {
        BudgetText {
            endpoint: endpoint.to_owned(),
            metric: metric.to_owned(),
            part: String::new(),
            quantity: quantity.to_owned(),
            limit: limit.to_owned(),
            over: over.to_owned(),
            allow_no_data: false,
            ignore_dropped: false,
        }
    }

    fn endpoints() -> Endpoints {
        Endpoints::of_texts(&[("search.findPrograms".into(), "POST /api/trpc/search.findPrograms".into())])
    }

    #[test]
    fn budgets_say_what_they_are() {
        for (budget, shown, metric) in [
            (
                text("search.findPrograms", "", "p95", "500ms", "steady"),
                "p95<=500ms over steady",
                "response_time",
            ),
            (
                text("search.findPrograms", "", "errors", "1%", "30s"),
                "errors<=1% in any 30s",
                "http_req_failed",
            ),
            (text("search.findPrograms", "", "rate", "100/s", ""), "rate>=100/s", "response_time"),
            (
                text("", "process_memory{process:holiday}", "slope", "20MB/h", ""),
                "slope<=20MB/h",
                "process_memory",
            ),
        ] {
            let budget = ProjectBudget::parse(&budget, &endpoints()).unwrap();
            assert_eq!((budget.to_string().as_str(), budget.metric()), (shown, metric));
        }
    }

    #[track_caller]
    fn refused(text: &BudgetText, place: Place, words: &str) {
        let BudgetProblem { place: found, problem } = *ProjectBudget::parse(text, &endpoints()).unwrap_err();
        assert_eq!(found, place, "{problem}");
        assert!(problem.to_string().contains(words), "{problem}");
    }

    #[test]
    fn mistakes_are_named() {
        refused(
            &text("search.findProgram", "", "p95", "1s", ""),
            Place::Subject,
            "did you mean `search.findPrograms`?",
        );
        refused(&text("GET /x", "", "p95", "1s", ""), Place::Subject, "give the route a name");
        refused(&text("", "", "p95", "1s", ""), Place::Subject, "needs an `endpoint` or a `metric`");
        refused(&text("a", "b", "p95", "1s", ""), Place::Subject, "not on both");
        refused(&text("search.findPrograms", "", "p101", "1s", ""), Place::Quantity, "between 0 and 100");
        refused(&text("search.findPrograms", "", "p95", "500", ""), Place::Limit, "no unit");
        refused(&text("search.findPrograms", "", "p95", "1s", "soon"), Place::Over, "not a part of a run");
        refused(&text("search.findPrograms", "", "errors", "100%", ""), Place::Limit, "can never fail");
        refused(&text("search.findPrograms", "", "slope", "1MB/h", ""), Place::Limit, "of a metric");
        refused(&text("", "x", "errors", "1%", ""), Place::Limit, "share");
    }
}
