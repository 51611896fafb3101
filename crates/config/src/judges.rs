//! What a run is judged by, of all that a project says: one rule for every workload, while it runs and afterwards.
//!
//! A budget judges the runs of the scripts it names, or all of them. A workload that sends one request again and again
//! cannot have data for another endpoint, nor for what only scripts measure: such budgets are not about it, and are
//! counted so that whoever reads the verdicts knows. Every other budget without data fails.

use std::fmt;

use loadline_measure::{CACHE_RULE, CacheMetrics, Schema};
use loadline_verdict::{Budget, Budgets, Router, Subject};

use crate::budgets::is_for;
use crate::project::Project;

/// What is run, as far as budgets ask.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// A script's path as the user wrote it, or another name.
    pub name: &'a str,
    /// Method and URL, when it makes this one request only.
    pub request: Option<(&'a str, &'a str)>,
}

/// How many of a project's budgets are not about a workload, because it makes one request only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Those that are.
    pub judging: usize,
    /// Those on other endpoints.
    pub endpoints: usize,
    /// Those on metrics that only scripts have, or that are of other cache rules.
    pub metrics: usize,
}

/// Metrics that every schema knows, and only scripts record.
const OF_SCRIPTS: [&str; 2] = ["checks", "group_duration"];

impl Project {
    /// Adds its endpoints and the budgets for a workload to what a run is judged by, in place of those that were there.
    /// The schema is the run's, with all metrics that it defines.
    pub fn judges(&self, workload: &Workload<'_>, budgets: &mut Budgets, schema: &Schema) -> Elsewhere {
        let router = Router::new(&self.endpoints);
        let mine = workload.request.map(|(method, url)| router.of_request(method, url));
        let mut elsewhere = Elsewhere::default();
        budgets.endpoints = self.endpoints.clone();
        budgets.project.clear();
        for scoped in self.budgets.iter().filter(|scoped| scoped.is_for(workload.name)) {
            let about_it = |mine: &Vec<&str>| match &scoped.budget.subject {
                Subject::Endpoint(name) | Subject::Part { endpoint: name, .. } => {
                    mine.contains(&name.as_str())
                }
                Subject::Metric(selector) => {
                    let metric = selector.metric.as_str();
                    let rule = selector.tags.iter().find(|(key, _)| key == CACHE_RULE).map(|(_, rule)| rule);
                    let has_rule = || rule.is_none_or(|rule| self.has_rule(workload, rule));
                    schema.find(metric).is_some()
                        && !OF_SCRIPTS.contains(&metric)
                        && (!CacheMetrics::is_ours(schema, metric) || has_rule())
                }
            };
            match (&scoped.budget.subject, mine.as_ref().is_none_or(about_it)) {
                (_, true) => budgets.project.push(scoped.budget.clone()),
                (Subject::Endpoint(_) | Subject::Part { .. }, false) => elsewhere.endpoints += 1,
                (Subject::Metric(_), false) => elsewhere.metrics += 1,
            }
        }
        elsewhere.judging = budgets.project.len();
        for calls in self.calls.iter().filter(|calls| is_for(&calls.scripts, workload.name)) {
            if mine.as_ref().is_none_or(|mine| mine.contains(&calls.endpoint.as_str())) {
                add(&calls.budget, budgets);
                elsewhere.judging += 1;
            } else {
                elsewhere.endpoints += 1;
            }
        }
        elsewhere
    }

    /// Whether the one request of a workload has this cache rule.
    fn has_rule(&self, workload: &Workload<'_>, rule: &str) -> bool {
        let url = workload.request.and_then(|(_, url)| url.parse::<http::Uri>().ok());
        url.and_then(|url| self.edge.rules.find(url.path())).is_some_and(|applied| applied.rule.name == rule)
    }

    /// Adds its endpoints and all its budgets, whatever they are for.
    pub fn judges_all(&self, budgets: &mut Budgets) {
        budgets.endpoints = self.endpoints.clone();
        budgets.project = self.budgets.iter().map(|scoped| scoped.budget.clone()).collect();
        for calls in &self.calls {
            add(&calls.budget, budgets);
        }
    }
}

/// A threshold is judged once, whoever asks for it.
fn add(budget: &Budget, budgets: &mut Budgets) {
    let is_same = |known: &Budget| known.selector == budget.selector && known.threshold == budget.threshold;
    if !budgets.budgets.iter().any(is_same) {
        budgets.budgets.push(budget.clone());
    }
}

impl Elsewhere {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.endpoints + self.metrics == 0
    }
}

/// `3 of 4 budgets are not about this request: 2 are on other endpoints, 1 is on a metric that it does not have`.
impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other = self.endpoints + self.metrics;
        let all = self.judging + other;
        let one = if other == 1 { "is" } else { "are" };
        write!(f, "{other} of {all} budgets {one} not about this request: ")?;
        let endpoints = match self.endpoints {
            0 => None,
            1 => Some("1 is on another endpoint".to_owned()),
            more => Some(format!("{more} are on other endpoints")),
        };
        let metrics = match self.metrics {
            0 => None,
            1 => Some("1 is on a metric that it does not have".to_owned()),
            more => Some(format!("{more} are on metrics that it does not have")),
        };
        f.write_str(&endpoints.into_iter().chain(metrics).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::Builtin;

    use super::*;

    const PROJECT: &str = r#"
[endpoints]
home = "GET /"
order = "POST /orders/:id"
batch = "GET /api/a"

[[budget]]
endpoint = "home"
p95 = "1s"
errors = "1%"

[[budget]]
endpoint = "order"
p95 = "1s"

[[budget]]
endpoint = "batch"
scripts = "loadtests/**"
p95 = "1s"

[[budget]]
metric = "checks"
share = ">= 99%"

[[budget]]
metric = "own_metric"
p95 = "1s"

[[budget]]
metric = "http_req_duration"
p99 = "2s"
"#;

    #[track_caller]
    fn check(workload: &Workload<'_>, judging: &[&str], words: Option<&str>) {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        let project = Project::parse("loadline.toml", PROJECT).unwrap();
        let mut budgets = Budgets::default();
        let elsewhere = project.judges(workload, &mut budgets, &schema);
        let on: Vec<String> = budgets
            .project
            .iter()
            .map(|budget| format!("{}{} {}", budget.text.endpoint, budget.text.metric, budget.text.quantity))
            .collect();
        assert_eq!(on, judging);
        assert_eq!(elsewhere.judging, on.len());
        assert_eq!((!elsewhere.is_empty()).then(|| elsewhere.to_string()).as_deref(), words);
        // Judged again, by what is there already: the same.
        assert_eq!(project.judges(workload, &mut budgets, &schema), elsewhere);
        assert_eq!(budgets.project.len(), on.len());
    }

    #[test]
    fn a_script_is_judged_by_all_that_names_it() {
        let mine = [
            "home p95",
            "home errors",
            "order p95",
            "checks share",
            "own_metric p95",
            "http_req_duration p99",
        ];
        check(&Workload { name: "other/a.ts", request: None }, &mine, None);
        let mut with_batch = mine.to_vec();
        with_batch.insert(3, "batch p95");
        check(&Workload { name: "./loadtests/a.ts", request: None }, &with_batch, None);
    }

    #[test]
    fn one_request_is_judged_by_the_budgets_of_its_cache_rule() {
        let schema = Schema::new();
        CacheMetrics::define(&schema).unwrap();
        let limit =
            |rule: &str| format!("[[budget]]\nmetric = \"cache_hits{{rule:{rule}}}\"\nhit_rate = \"90%\"\n");
        let text = format!("{}{}", limit("a"), limit("b"));
        let mut project = Project::parse("loadline.toml", &text).unwrap();
        let rules = "[[rule]]\nname = \"a\"\npath = \"/a\"\n[[rule]]\nname = \"b\"\npath = \"/b\"\n";
        project.edge.rules = loadline_edge::rules::Rules::parse("edge.toml", rules).unwrap();
        for (path, judging) in [("/a", 1), ("/c", 0)] {
            let url = format!("http://h{path}?x=1");
            let workload = Workload { name: "hit", request: Some(("GET", &url)) };
            let elsewhere = project.judges(&workload, &mut Budgets::default(), &schema);
            assert_eq!((elsewhere.judging, elsewhere.metrics), (judging, 2 - judging), "{path}");
        }
    }

    #[test]
    fn one_request_is_judged_by_what_is_about_it() {
        let of = |method, url| Workload { name: "GET http://h/", request: Some((method, url)) };
        check(
            &of("GET", "http://h:1/?a=b"),
            &["home p95", "home errors", "http_req_duration p99"],
            Some(
                "3 of 6 budgets are not about this request: 1 is on another endpoint, 2 are on metrics that it does not have",
            ),
        );
        check(
            &of("POST", "http://h:1/orders/7"),
            &["order p95", "http_req_duration p99"],
            Some(
                "4 of 6 budgets are not about this request: 2 are on other endpoints, 2 are on metrics that it does not have",
            ),
        );
        check(
            &of("POST", "http://h:1/"),
            &["http_req_duration p99"],
            Some(
                "5 of 6 budgets are not about this request: 3 are on other endpoints, 2 are on metrics that it does not have",
            ),
        );
    }
}
