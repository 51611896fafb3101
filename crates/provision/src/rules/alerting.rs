//! Alerting rules: a budget that burns too fast in a long window and in a short one, and what nothing is known of.
//!
//! There is one rule for each pair of windows, whatever number of budgets there is. It burns as `loadline watch` says:
//! at least five requests must be bad, and so many must have come as the project wants.

use loadline_prometheus::length;
use loadline_watch::{BurnWindow, FEWEST_BAD, Severity};
use loadline_yaml::Node;

use super::recording::{PERMITTED, bad_name, burn_name, requests_name};
use crate::document::number;
use crate::source::Source;

/// The alert of a budget that burns too fast.
pub(crate) const BURNS: &str = "BudgetBurns";
/// The alert of a budget that nothing counts for.
pub(crate) const NO_BUDGET: &str = "BudgetWithoutData";
/// The alert of a service that no metric comes from.
pub(crate) const NO_SERVICE: &str = "ServiceWithoutData";

/// A budget must have been without data for so long: an endpoint that is rarely used has none right after a start.
pub(crate) const WITHOUT_BUDGET_S: u64 = 3600;
/// A service without metrics for so long is gone: longer than a deploy takes.
pub(crate) const WITHOUT_SERVICE_S: u64 = 600;

pub(super) fn alerts(source: &Source) -> Vec<Node> {
    let mut rules: Vec<Node> = source.settings.windows.iter().map(|window| burns(source, window)).collect();
    rules.push(without_budget(source));
    rules.push(without_service(source));
    rules
}

fn burns(source: &Source, window: &BurnWindow) -> Node {
    let settings = &source.settings;
    let (long, short) = (window.long_s, window.short_s);
    let factor = number(window.factor);
    let expression = format!(
        "{} > {factor} and on (endpoint, budget) {} > {factor} and on (endpoint, budget) round({}) >= {} and on (endpoint) round({}) >= {}",
        burn_name(long),
        burn_name(short),
        bad_name(long),
        number(FEWEST_BAD),
        requests_name(long),
        settings.min_requests,
    );
    let mut rule = Node::map([("alert", BURNS.into()), ("expr", expression.into())]);
    if settings.rules.pending_s > 0 {
        rule.set("for", length(settings.rules.pending_s));
    }
    if settings.rules.resolve_after_s > 0 {
        rule.set("keep_firing_for", length(settings.rules.resolve_after_s));
    }
    let labels = rule.at(&["labels"]);
    labels.set("severity", window.severity.name());
    labels.set("long", length(long));
    labels.set("short", length(short));
    let permits = source.objectives.iter().map(|counted| &counted.objective);
    let never: Vec<String> = permits
        .filter(|objective| !window.is_feasible(objective.permitted))
        .map(loadline_watch::Objective::key)
        .collect();
    if !never.is_empty() {
        let words = format!(
            "{factor} times what they permit is more than all requests: never by {}",
            never.join(", ")
        );
        let value = rule.get("expr").cloned().unwrap_or_default();
        rule.set_why("expr", value, &words);
    }
    annotate(
        &mut rule,
        &format!(
            "{{{{ $labels.endpoint }}}} {{{{ $labels.budget }}}} burns {{{{ $value | printf \"%.1f\" }}}}× in {}",
            length(long)
        ),
        &format!(
            "The budget is used up {{{{ $value | printf \"%.1f\" }}}} times as fast as it lasts, over {} and over {}: more than {factor} times is a {}.",
            length(long),
            length(short),
            window.severity.name(),
        ),
        "loadline watch --once",
    );
    rule
}

fn without_budget(source: &Source) -> Node {
    let shortest = source.lengths_s().first().copied().unwrap_or(source.settings.step_s);
    let expression = format!(
        "group by (endpoint, budget) ({PERMITTED}{{no_data=\"fails\"}}) unless on (endpoint, budget) {}",
        bad_name(shortest)
    );
    let mut rule = Node::map([("alert", NO_BUDGET.into()), ("expr", expression.into())]);
    rule.set("for", length(WITHOUT_BUDGET_S));
    rule.at(&["labels"]).set("severity", Severity::Ticket.name());
    annotate(
        &mut rule,
        "nothing is counted for {{ $labels.endpoint }} {{ $labels.budget }}",
        "No series has its requests, or no bucket ends at its limit: no alert says whether the budget burns.",
        "loadline watch --once",
    );
    rule
}

fn without_service(source: &Source) -> Node {
    let names = &source.settings.names;
    let suffix = if names.native { "" } else { "_count" };
    let matchers: Vec<String> = source.settings.said_matchers().collect();
    let expression = format!("absent({}{suffix}{{{}}})", names.histogram, matchers.join(","));
    let mut rule = Node::map([("alert", NO_SERVICE.into()), ("expr", expression.into())]);
    rule.set("for", length(WITHOUT_SERVICE_S));
    rule.at(&["labels"]).set("severity", Severity::Page.name());
    annotate(
        &mut rule,
        "the service has no metrics",
        &format!(
            "There is no {}: the service is down, is not scraped, or calls its metrics otherwise.",
            names.histogram
        ),
        "loadline watch --once",
    );
    rule
}

fn annotate(rule: &mut Node, summary: &str, description: &str, more: &str) {
    let annotations = rule.at(&["annotations"]);
    annotations.set("summary", summary);
    annotations.set("description", description);
    annotations.set("more", more);
}
