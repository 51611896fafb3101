//! Recording rules: the counts that alerts, dashboards and objectives all go by, one series for each endpoint or
//! budget.

use loadline_prometheus::length;
use loadline_yaml::Node;

use super::expressions::{bad, requests};
use crate::document::number;
use crate::source::{Counted, Source};

/// All requests of an endpoint within a window: `loadline:requests:increase1h{endpoint}`.
pub(crate) fn requests_name(window_s: u64) -> String {
    format!("loadline:requests:increase{}", length(window_s))
}

/// Those that are bad by a budget: `loadline:bad_requests:increase1h{endpoint, budget}`.
pub(crate) fn bad_name(window_s: u64) -> String {
    format!("loadline:bad_requests:increase{}", length(window_s))
}

/// How many times as fast as it may be used up a budget is: `loadline:burn_rate:1h{endpoint, budget}`.
pub(crate) fn burn_name(window_s: u64) -> String {
    format!("loadline:burn_rate:{}", length(window_s))
}

/// The share of bad requests that a budget permits.
pub(crate) const PERMITTED: &str = "loadline:budget:permitted";

/// The counts of an endpoint.
pub(super) fn of_endpoint(source: &Source, budgets: &[Counted]) -> Vec<Node> {
    let settings = &source.settings;
    let mut rules = Vec::new();
    let Some(first) = budgets.first() else { return rules };
    let endpoint = first.objective.endpoint.as_str();
    for window_s in source.lengths_s() {
        let expression = requests(settings, &first.objective, window_s);
        rules.push(record(requests_name(window_s), expression, &[("endpoint", endpoint)]));
        for counted in budgets {
            let labels = [("endpoint", endpoint), ("budget", &counted.objective.condition)];
            rules.push(record(bad_name(window_s), bad(settings, counted, window_s), &labels));
        }
    }
    for Counted { objective, .. } in budgets {
        let no_data = if objective.allow_no_data { "allowed" } else { "fails" };
        let labels = [("endpoint", endpoint), ("budget", &objective.condition), ("no_data", no_data)];
        rules.push(record(PERMITTED.to_owned(), format!("vector({})", number(objective.permitted)), &labels));
    }
    rules
}

/// The burn rates of all budgets, window by window.
pub(super) fn burn_rates(source: &Source) -> Vec<Node> {
    let rate = |window_s: u64| {
        let expression = format!(
            "{} / on (endpoint) group_left () {} / on (endpoint, budget) group_left () {PERMITTED}",
            bad_name(window_s),
            requests_name(window_s),
        );
        record(burn_name(window_s), expression, &[])
    };
    source.lengths_s().into_iter().map(rate).collect()
}

fn record(name: String, expression: String, labels: &[(&str, &str)]) -> Node {
    let mut rule = Node::map([("record", name.into()), ("expr", expression.into())]);
    for (label, value) in labels {
        rule.at(&["labels"]).set(label, *value);
    }
    rule
}
