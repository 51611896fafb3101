//! A course as series of a Prometheus, in the words of `promtool test rules`.

use std::fmt::Write as _;

use loadline_prometheus::quoted;
use loadline_watch::{Place, Settings};
use loadline_yaml::Node;

use super::course::{Course, Fault, Stretch};
use crate::document::number;
use crate::source::Counted;

/// The status of what is answered well.
const WELL: &str = "200";
/// Statuses of which one is a failure wherever a project says so in a usual way.
const FAILURES: [&str; 14] = [
    "500", "503", "504", "502", "400", "404", "429", "499", "5xx", "4xx", "error", "ERROR", "false",
    "failure",
];

/// A status that is a failure by the project's expression; `None` where none of the usual ones is.
pub(super) fn failed_status(settings: &Settings) -> Option<&'static str> {
    let pattern = regex_lite::Regex::new(&format!("^(?:{})$", settings.failed)).ok()?;
    (!pattern.is_match(WELL)).then_some(())?;
    FAILURES.into_iter().find(|status| pattern.is_match(status))
}

/// The series of an endpoint's requests; `failed` is the status of those that fail.
pub(super) fn series(settings: &Settings, budgets: &[Counted], course: &Course, failed: &str) -> Vec<Node> {
    let Some(first) = budgets.first() else { return Vec::new() };
    let names = &settings.names;
    let mut labels: Vec<(&str, &str)> =
        settings.labels.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
    match (&names.method, settings.said_label_of(&first.objective.endpoint)) {
        (Some(method), None) => {
            labels.extend(first.objective.method.iter().map(|value| (method.as_str(), value.as_str())));
            labels.push((&names.endpoint, &first.objective.path));
        }
        _ => labels.push((&names.endpoint, settings.label_of(&first.objective.endpoint))),
    }
    let bounds = bounds(budgets);
    let mut all = Vec::new();
    let fails = course.fault == Fault::Failed;
    for status in [Some(WELL), fails.then_some(failed)].into_iter().flatten() {
        let is_well = status == WELL;
        // Requests of this status in a slot, and those of them that end up in a bucket.
        let of = |stretch: &Stretch, bound: Option<f64>| match (is_well, fails, bound) {
            (false, ..) => stretch.bad,
            (true, true, _) => stretch.total - stretch.bad,
            (true, false, Some(bound)) if !course.fault.is_within(bound) => stretch.total - stretch.bad,
            (true, false, _) => stretch.total,
        };
        let mut push = |suffix: &str, bound: Option<f64>| {
            let mut text: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}={}", quoted(value))).collect();
            text.push(format!("{}={}", names.status, quoted(status)));
            text.extend(bound.map(|bound| format!("le={}", quoted(&le(bound)))));
            let values = values(course.stretches.iter().map(|stretch| (stretch.slots, of(stretch, bound))));
            let name = format!("{}{suffix}{{{}}}", names.histogram, text.join(","));
            all.push(Node::map([("series", name.into()), ("values", values.into())]));
        };
        for bound in &bounds {
            push("_bucket", Some(*bound));
        }
        push("_count", None);
    }
    all
}

/// The bounds that budgets of an endpoint need, and the one of all requests.
fn bounds(budgets: &[Counted]) -> Vec<f64> {
    let needed = |counted: &Counted| match counted.place {
        Some(Place::On(at)) => vec![at, f64::INFINITY],
        Some(Place::Between { below, above, .. }) => vec![below, above, f64::INFINITY],
        _ => Vec::new(),
    };
    let mut bounds: Vec<f64> = budgets.iter().flat_map(needed).filter(|bound| *bound > 0.0).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

fn le(bound: f64) -> String {
    if bound == f64::INFINITY { "+Inf".to_owned() } else { number(bound) }
}

/// A counter that begins with nothing and grows by so much in each of so many slots.
fn values(steps: impl Iterator<Item = (u64, u64)>) -> String {
    let mut text = "0".to_owned();
    let mut value = 0;
    for (slots, more) in steps.filter(|(slots, _)| *slots > 0) {
        let _ = write!(text, " {}+{more}x{}", value + more, slots - 1);
        value += slots * more;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_goes_on_where_it_was() {
        assert_eq!(values([(3, 10), (2, 0), (1, 5)].into_iter()), "0 10+10x2 30+0x1 35+5x0");
    }

    #[test]
    fn a_failure_is_found_for_usual_expressions() {
        let of = |failed: &str| failed_status(&Settings { failed: failed.to_owned(), ..Settings::default() });
        assert_eq!(of("5.."), Some("500"));
        assert_eq!(of("4.."), Some("400"));
        assert_eq!(of("error|timeout"), Some("error"));
        assert_eq!([of(".*"), of("17"), of("(")], [None; 3]);
    }
}
