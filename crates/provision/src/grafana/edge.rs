//! The cache in front, as `loadline edge serve` tells it.

use super::board::Variable;
use super::layout::Section;
use super::panel::Panel;
use super::queries::sum;

/// Matchers of the caches that are chosen.
const CHOSEN: &str = "job=~\"$service\",instance=~\"$instance\"";
/// What was served without waiting for the service.
const SERVED: &str = "hit|stale|collapsed";
/// What no cache was to look at.
const ASIDE: &str = "bypass|method|refused|purged";

/// What can be chosen. A cache is another service than the one behind it, so it is chosen anew.
pub(super) fn variables() -> Vec<Variable> {
    let metric = "loadline_edge_requests_total";
    vec![
        Variable { name: "service", label: "Service", query: format!("label_values({metric}, job)") },
        Variable {
            name: "instance",
            label: "Instance",
            query: format!("label_values({metric}{{job=~\"$service\"}}, instance)"),
        },
    ]
}

pub(super) fn sections() -> Vec<Section> {
    let series = |name: &str, more: &str| format!("loadline_edge_{name}{{{CHOSEN}{more}}}");
    let rate = |by: &str, name: &str, more: &str| sum(by, &series(name, more));
    let gauge = |name: &str| format!("sum by (instance) ({})", series(name, ""));
    let hits = |by: &str, name: &str| {
        let asked = rate(by, name, &format!(",outcome!~\"{ASIDE}\""));
        format!("({} or 0 * {asked}) / ({asked} > 0)", rate(by, name, &format!(",outcome=~\"{SERVED}\"")))
    };
    let seen = vec![
        Panel::stat("Hit rate", "percentunit", "The share of requests that were served without waiting for the service; what no cache was to look at does not count.")
            .asks(hits("", "requests_total"), "hit rate")
            .most(1.0),
        Panel::stat("Origin", "none", "1 while the service behind gives answers, 0 while it is taken to be down.")
            .asks(format!("min by (instance) ({})", series("origin_up", "")), "{{instance}}")
            .most(1.0),
        Panel::courses("Requests", "reqps", "Requests per second, by what the cache did with them.")
            .asks(rate("outcome", "requests_total", ""), "{{outcome}}")
            .stacked(),
        Panel::courses("Hit rate by rule", "percentunit", "The share that was served from the cache, by rule; the empty one is no rule.")
            .asks(hits("rule", "rule_requests_total"), "{{rule}}")
            .most(1.0),
        Panel::courses("Answers", "reqps", "Answers to clients, by the first digit of their status.")
            .asks(rate("status", "responses_total", ""), "{{status}}")
            .stacked(),
        Panel::courses("Bytes", "Bps", "Bodies that went to clients, and that came from the service.")
            .asks(rate("", "sent_bytes_total", ""), "to clients")
            .asks(rate("", "origin_received_bytes_total", ""), "from the service"),
    ];
    let behind = vec![
        Panel::courses("Requests to the service", "reqps", "By how they ended.")
            .asks(rate("ended", "origin_requests_total", ""), "{{ended}}")
            .stacked(),
        Panel::courses("At the service", "short", "Requests that the service has, that wait for it to have fewer, and that wait for another's answer.")
            .asks(gauge("origin_in_flight"), "{{instance}} at work")
            .asks(gauge("origin_queue"), "{{instance}} queued")
            .asks(gauge("waiting"), "{{instance}} waiting for another's"),
    ];
    let kept = vec![
        Panel::courses("Kept", "bytes", "All that the cache keeps.")
            .asks(gauge("kept_bytes"), "{{instance}}"),
        Panel::courses("Answers kept", "short", "How many answers there are.")
            .asks(gauge("answers"), "{{instance}}"),
        Panel::courses(
            "Let go",
            "ops",
            "Answers that had to go for want of room, and those that were purged.",
        )
        .asks(rate("", "evicted_total", ""), "no room")
        .asks(rate("", "purged_total", ""), "purged"),
    ];
    vec![
        Section::new("What clients see", 2, seen),
        Section::new("The service behind", 2, behind),
        Section::new("What is kept", 3, kept),
    ]
}
