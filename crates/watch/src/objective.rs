//! A budget as production can keep it: a share of an endpoint's requests that may be bad.
//!
//! `p95 = "500ms"` permits 5 % of requests to take longer than 500 ms, `errors = "1%"` one of a hundred to fail. Those
//! are counts, which counters have; a maximum or a mean is none, and a budget on a metric of a script has no counter in
//! production. What cannot be watched is said, with its reason.

use loadline_verdict::{Endpoints, ProjectBudget, Quantity, Subject};

use crate::names::canonical_path;

/// What is counted as bad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Indicator {
    /// Requests that took longer than so many milliseconds.
    Slow {
        /// The limit.
        limit_ms: f64,
    },
    /// Requests that failed.
    Failed,
}

/// What an endpoint's requests have to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// The endpoint's name.
    pub endpoint: String,
    /// Its method, if its route has one.
    pub method: Option<String>,
    /// Its path, with `*` for what varies.
    pub path: String,
    /// The budget: `p95<=500ms`.
    pub condition: String,
    /// What is counted.
    pub indicator: Indicator,
    /// The share of requests that may be bad, from 0 to below 1.
    pub permitted: f64,
    /// Whether none at all are well.
    pub allow_no_data: bool,
}

/// A budget that cannot be watched, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// `search.findPrograms max<=5s`.
    pub budget: String,
    /// Going on from it.
    pub why: &'static str,
}

/// What a project's budgets are in production, and those that cannot be watched. A budget is about its endpoint,
/// whichever script it judges as well.
pub fn objectives<'b>(
    budgets: impl IntoIterator<Item = &'b ProjectBudget>,
    endpoints: &Endpoints,
) -> (Vec<Objective>, Vec<Unwatched>) {
    let (mut objectives, mut unwatched): (Vec<Objective>, Vec<Unwatched>) = Default::default();
    for budget in budgets {
        match Objective::of(budget, endpoints) {
            Ok(objective) if objectives.iter().any(|known| known.key() == objective.key()) => {}
            Ok(objective) => objectives.push(objective),
            Err(reason) if unwatched.contains(&reason) => {}
            Err(reason) => unwatched.push(reason),
        }
    }
    (objectives, unwatched)
}

impl Objective {
    /// A budget's objective; the endpoints are those of its project.
    ///
    /// # Errors
    /// Where counters cannot say whether it is kept.
    pub fn of(budget: &ProjectBudget, endpoints: &Endpoints) -> Result<Self, Unwatched> {
        let unwatched = |why| Unwatched { budget: format!("{} {}", budget.subject, budget.allowed), why };
        let endpoint = match &budget.subject {
            Subject::Endpoint(endpoint) => endpoint,
            Subject::Part { .. } => {
                return Err(unwatched("it is on a part of the server, which only load tests see"));
            }
            Subject::Metric(_) => {
                return Err(unwatched("it is on a metric of load tests, not on an endpoint"));
            }
        };
        let allowed = &budget.allowed;
        let (indicator, permitted) = match allowed.quantity {
            Quantity::Percentile(percent) => {
                (Indicator::Slow { limit_ms: allowed.limit }, 1.0 - percent / 100.0)
            }
            Quantity::Errors => (Indicator::Failed, allowed.limit),
            Quantity::Max => return Err(unwatched("histograms do not know the largest value")),
            Quantity::Mean => return Err(unwatched("a mean says of no request whether it was good")),
            Quantity::Rate => return Err(unwatched("how many requests come is up to those who send them")),
            _ => return Err(unwatched("no counter of requests says it")),
        };
        let route =
            endpoints.iter().find(|known| known.name == *endpoint).map(|known| known.route.to_string());
        let route = route.unwrap_or_default();
        let (method, path) = match route.split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), path),
            None => (None, route.as_str()),
        };
        Ok(Self {
            endpoint: endpoint.clone(),
            method,
            path: canonical_path(path),
            condition: allowed.to_string(),
            indicator,
            permitted,
            allow_no_data: budget.text.allow_no_data,
        })
    }

    /// The limit above which a request is slow, if it is about those.
    pub fn limit_ms(&self) -> Option<f64> {
        match self.indicator {
            Indicator::Slow { limit_ms } => Some(limit_ms),
            Indicator::Failed => None,
        }
    }

    /// By what it is known over time: `search.findPrograms p95<=500ms`.
    pub fn key(&self) -> String {
        format!("{} {}", self.endpoint, self.condition)
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::BudgetText;
    use loadline_verdict::Route;

    use super::*;

    fn of(endpoint: &str, metric: &str, quantity: &str, limit: &str) -> Result<Objective, Unwatched> {
        let mut endpoints = Endpoints::default();
        endpoints.push("a", Route::parse("GET /programs/:id").unwrap());
        let text = BudgetText {
            endpoint: endpoint.to_owned(),
            metric: metric.to_owned(),
            part: String::new(),
            quantity: quantity.to_owned(),
            limit: limit.to_owned(),
            over: String::new(),
            allow_no_data: false,
            ignore_dropped: false,
        };
        Objective::of(&ProjectBudget::parse(&text, &endpoints).unwrap(), &endpoints)
    }

    #[test]
    fn percentiles_and_errors_are_shares() {
        let slow = of("a", "", "p95", "500ms").unwrap();
        assert_eq!(slow.indicator, Indicator::Slow { limit_ms: 500.0 });
        assert!((slow.permitted - 0.05).abs() < 1e-9);
        assert_eq!((slow.method.as_deref(), slow.path.as_str()), (Some("GET"), "/programs/*"));
        assert_eq!(slow.key(), "a p95<=500ms");
        let failed = of("a", "", "errors", "1%").unwrap();
        assert_eq!((failed.indicator, failed.permitted), (Indicator::Failed, 0.01));
    }

    #[test]
    fn what_has_no_counter_says_so() {
        for (budget, words) in [
            (of("a", "", "max", "1s"), "largest"),
            (of("a", "", "mean", "1s"), "mean"),
            (of("a", "", "rate", "1/s"), "up to those who send"),
            (of("", "x", "p95", "1s"), "metric of load tests"),
        ] {
            let unwatched = budget.unwrap_err();
            assert!(unwatched.why.contains(words), "{unwatched:?}");
        }
    }
}
