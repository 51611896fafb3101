//! The file of rules: a group for each endpoint, so that Prometheus evaluates them side by side, and one for the
//! alerts.

use loadline_prometheus::length;
use loadline_yaml::Node;

use super::{alerting, recording};
use crate::document;
use crate::source::Source;

/// The group of all burn rates and alerts.
pub(crate) const ALERTS: &str = "loadline budgets";

/// The group of an endpoint's counts.
pub(crate) fn group_name(endpoint: &str) -> String {
    format!("loadline endpoint {endpoint}")
}

pub(crate) fn document(source: &Source) -> String {
    let interval = length(source.settings.step_s);
    let group = |name: String, rules: Vec<Node>| {
        Node::map([("name", name.into()), ("interval", interval.as_str().into()), ("rules", rules.into())])
    };
    let mut groups: Vec<Node> = source
        .endpoints()
        .filter_map(|budgets| Some((&budgets.first()?.objective.endpoint, budgets)))
        .map(|(endpoint, budgets)| group(group_name(endpoint), recording::of_endpoint(source, budgets)))
        .collect();
    let alerts = recording::burn_rates(source).into_iter().chain(alerting::alerts(source)).collect();
    groups.push(group(ALERTS.to_owned(), alerts));
    document::document(
        "How fast the performance budgets burn (SRE workbook, chapter 5), and who has to know.",
        &Node::map([("groups", groups.into())]),
    )
}
