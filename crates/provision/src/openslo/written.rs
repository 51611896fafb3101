//! The budgets as objectives in `OpenSLO`'s form, for whatever else reads that.
//!
//! Source: <https://github.com/OpenSLO>, `openslo/v1`. A name has at most 63 of `a-z`, `0-9` and `-`, a
//! target is below 1, and of a ratio of counters the queries are of the counters themselves.

use std::collections::BTreeSet;

use loadline_prometheus::{bound_pattern, quoted};
use loadline_watch::{Indicator, Objective, Place, Settings};
use loadline_yaml::{Node, text};

use super::names::{BUDGET, ENDPOINT, ROUTE};
use crate::document::{document, number};
use crate::rules::{bad, requests};
use crate::source::{Counted, Source};

/// What the objectives are of.
const SERVICE: &str = "loadline";
/// Names are no longer.
const LONGEST: usize = 63;
/// Native histograms are no counters: their increase is asked for, over so many seconds.
const WINDOW_S: u64 = 300;

pub(crate) fn documents(source: &Source) -> String {
    let service = Node::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", "Service".into()),
        ("metadata", Node::map([("name", SERVICE.into())])),
        ("spec", Node::map([("description", "What the budgets of loadline.toml are about.".into())])),
    ]);
    let mut names = BTreeSet::new();
    let mut all = document("The performance budgets as objectives.", &service);
    for counted in source.objectives.iter().filter(|counted| counted.objective.permitted > 0.0) {
        all += "---\n";
        all += &text(&[], &objective(&source.settings, counted, &mut names));
    }
    all
}

fn objective(settings: &Settings, counted: &Counted, names: &mut BTreeSet<String>) -> Node {
    let objective = &counted.objective;
    let name = name(&objective.key(), names);
    let route = match &objective.method {
        Some(method) => format!("{method} {}", objective.path),
        None => objective.path.clone(),
    };
    let mut metadata = Node::map([("name", name.as_str().into()), ("displayName", objective.key().into())]);
    let annotations = metadata.at(&["annotations"]);
    annotations.set(ENDPOINT, objective.endpoint.as_str());
    annotations.set(ROUTE, route);
    annotations.set(BUDGET, objective.condition.as_str());
    let indicator = Node::map([
        ("metadata", Node::map([("name", name.as_str().into()), ("displayName", objective.key().into())])),
        ("spec", Node::map([("ratioMetric", ratio(settings, counted))])),
    ]);
    let target = Node::map([
        ("displayName", objective.condition.as_str().into()),
        ("target", Node::Plain(number(1.0 - objective.permitted))),
    ]);
    let spec = Node::map([
        ("description", words(objective).into()),
        ("service", SERVICE.into()),
        ("indicator", indicator),
        ("timeWindow", vec![Node::map([("duration", "30d".into()), ("isRolling", true.into())])].into()),
        ("budgetingMethod", "Occurrences".into()),
        ("objectives", vec![target].into()),
    ]);
    Node::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", "SLO".into()),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

fn words(objective: &Objective) -> String {
    match objective.indicator {
        Indicator::Slow { limit_ms } => {
            format!(
                "Requests to {} that take longer than {} ms are bad.",
                objective.endpoint,
                number(limit_ms)
            )
        }
        Indicator::Failed => format!("Requests to {} that fail are bad.", objective.endpoint),
    }
}

fn ratio(settings: &Settings, counted: &Counted) -> Node {
    let objective = &counted.objective;
    let source = |query: String| {
        let spec = Node::map([("query", query.into())]);
        Node::map([("metricSource", Node::map([("type", "Prometheus".into()), ("spec", spec)]))])
    };
    if settings.names.native {
        return Node::map([
            ("counter", false.into()),
            ("bad", source(bad(settings, counted, WINDOW_S))),
            ("total", source(requests(settings, objective, WINDOW_S))),
        ]);
    }
    let sum = |suffix: &str, more: Option<String>| {
        let mut matchers = settings.matchers();
        matchers.extend(settings.endpoint_matchers(objective));
        matchers.extend(more);
        format!("sum({}{suffix}{{{}}})", settings.names.histogram, matchers.join(","))
    };
    let within = |bound: f64| sum("_bucket", Some(format!("le=~{}", quoted(&bound_pattern(bound)))));
    let (kind, query) = match counted.place {
        Some(Place::On(at)) => ("good", within(at)),
        Some(Place::Between { below, above, part }) if below > 0.0 => (
            "good",
            format!("{} * {} + {} * {}", number(part), within(above), number(1.0 - part), within(below)),
        ),
        Some(Place::Between { above, part, .. }) => ("good", format!("{} * {}", number(part), within(above))),
        _ => ("bad", sum("_count", Some(format!("{}=~{}", settings.names.status, quoted(&settings.failed))))),
    };
    Node::map([("counter", true.into()), (kind, source(query)), ("total", source(sum("_count", None)))])
}

/// A name of its own for an objective.
fn name(key: &str, names: &mut BTreeSet<String>) -> String {
    let letters = key
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let mut slug = String::new();
    for letter in letters {
        if letter != '-' || !slug.is_empty() && !slug.ends_with('-') {
            slug.push(letter);
        }
    }
    let slug = if slug.is_empty() { "objective".to_owned() } else { slug };
    for number in 1.. {
        let ending = if number == 1 { String::new() } else { format!("-{number}") };
        let cut: String = slug.chars().take(LONGEST - ending.len()).collect();
        let name = format!("{}{ending}", cut.trim_end_matches('-'));
        if names.insert(name.clone()) {
            return name;
        }
    }
    unreachable!("some number is not taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_their_own() {
        let mut names = BTreeSet::new();
        assert_eq!(name("search.findPrograms p95<=500ms", &mut names), "search-findprograms-p95-500ms");
        assert_eq!(name("search-findPrograms p95<=500ms!", &mut names), "search-findprograms-p95-500ms-2");
        assert_eq!(name("é", &mut names), "objective");
        let long = name(&"a.".repeat(60), &mut names);
        assert!(long.len() <= 63 && !long.ends_with('-'), "{long}");
    }
}
