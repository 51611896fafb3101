//! The service: how its budgets stand, what comes, how it is answered, and what the process needs.

use loadline_prometheus::length;
use loadline_watch::{Indicator, Names};

use super::board::{Mark, Variable};
use super::layout::Section;
use super::panel::Panel;
use super::queries::{Requests, Whose, chosen, of_endpoint, sum};
use crate::rules::{burn_name, requests_name};
use crate::source::{Counted, Source};

/// So many endpoints have panels of their own.
pub(crate) const MOST_ENDPOINTS: usize = 50;

pub(super) fn sections(source: &Source) -> Vec<Section> {
    let requests = Requests { settings: &source.settings, whose: Whose::Users };
    let mut sections = vec![budgets(source), all(&requests)];
    sections.extend(source.endpoints().take(MOST_ENDPOINTS).map(|budgets| endpoint(&requests, budgets)));
    sections.push(process(&requests));
    sections
}

/// What can be chosen.
pub(super) fn variables(source: &Source) -> Vec<Variable> {
    let names = &source.settings.names;
    let suffix = if names.native { "" } else { "_count" };
    let said: Vec<String> = source.settings.said_matchers().collect();
    let service = format!("{}{suffix}{{{}}}", names.histogram, said.join(","));
    let within = [said, vec!["job=~\"$service\"".to_owned()]].concat().join(",");
    let instances = format!("{}{suffix}{{{within}}}", names.histogram);
    vec![
        Variable { name: "service", label: "Service", query: format!("label_values({service}, job)") },
        Variable {
            name: "instance",
            label: "Instance",
            query: format!("label_values({instances}, instance)"),
        },
        Variable {
            name: "endpoint",
            label: "Endpoint",
            query: format!("label_values({instances}, {})", names.endpoint),
        },
    ]
}

/// What is marked: starts of the service, and load tests.
pub(super) fn marks(source: &Source) -> Vec<Mark> {
    let series = format!("process_start_time_seconds{{{}}}", chosen(&source.settings).join(","));
    let mut marks = vec![Mark {
        name: "Starts",
        color: "yellow",
        query: format!("max by (job, instance) ({series}) * 1000"),
        is_time: true,
        title: "{{instance}} started",
    }];
    if source.settings.names.load_test.is_some() {
        let tests = Requests { settings: &source.settings, whose: Whose::LoadTests };
        marks.push(Mark {
            name: "Load tests",
            color: "orange",
            query: format!("{} > 0", tests.rate("", &[])).replace("$__rate_interval", "1m"),
            is_time: false,
            title: "load test",
        });
    }
    marks
}

/// How fast budgets burn, by the recording rules.
fn budgets(source: &Source) -> Section {
    let windows = &source.settings.windows;
    let panels = windows.iter().map(|window| {
        let long = length(window.long_s);
        Panel::courses(
            format!("Burn rate in {long}"),
            "none",
            format!(
                "How many times as fast as it lasts each budget is used up. Above the line, and above it in {} too, it is a {}.",
                length(window.short_s),
                window.severity.name()
            ),
        )
        .asks(burn_name(window.long_s), "{{endpoint}} {{budget}}")
        .limits([window.factor])
    });
    let mut panels: Vec<Panel> = panels.collect();
    if let Some(shortest) = source.lengths_s().first() {
        panels.push(
            Panel::courses(
                format!("Requests in {}", length(*shortest)),
                "short",
                "How many requests the budgets are judged by: with too few, nothing is said.",
            )
            .asks(requests_name(*shortest), "{{endpoint}}"),
        );
    }
    Section::new("Budgets", if panels.len().is_multiple_of(3) { 3 } else { 2 }, panels)
}

fn all(requests: &Requests<'_>) -> Section {
    let names = &requests.settings.names;
    let by = names.endpoint.as_str();
    let legend = format!("{{{{{by}}}}}");
    let of = requests.of_chosen();
    let mut panels = vec![
        Panel::courses("Requests", "reqps", "Requests of users per second, by endpoint.")
            .asks(requests.rate(by, &of), &legend)
            .stacked(),
        Panel::courses("Failed", "percentunit", "The share of requests that fail, by endpoint.")
            .asks(requests.failed(by, &of), &legend)
            .most(1.0),
        Panel::courses(
            "Response time, p95",
            requests.unit(),
            "95 of 100 requests are answered within this time.",
        )
        .asks(requests.quantile(0.95, by, &of), &legend),
    ];
    if names.histogram == Names::story().histogram || names.histogram == Names::opentelemetry().histogram {
        let active = format!("http_server_active_requests{{{}}}", chosen(requests.settings).join(","));
        panels.push(
            Panel::courses("At work", "short", "Requests that are being answered, by instance.")
                .asks(format!("sum by (instance) ({active})"), "{{instance}}")
                .stacked(),
        );
    }
    Section::new("All requests", 2, panels)
}

/// An endpoint with budgets, which are lines.
fn endpoint(requests: &Requests<'_>, budgets: &[Counted]) -> Section {
    let Some(first) = budgets.first() else { return Section::new("", 1, Vec::new()) };
    let of = of_endpoint(requests.settings, &first.objective);
    let per_ms = requests.settings.names.unit.per_ms();
    let slow = budgets.iter().filter_map(|counted| match counted.objective.indicator {
        Indicator::Slow { limit_ms } => Some(limit_ms * per_ms),
        Indicator::Failed => None,
    });
    let failed = budgets.iter().filter(|counted| counted.objective.indicator == Indicator::Failed);
    let conditions: Vec<&str> = budgets.iter().map(|counted| counted.objective.condition.as_str()).collect();
    let times = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")].into_iter().fold(
        Panel::courses(
            "Response time",
            requests.unit(),
            format!("Lines are the limits of its budgets: {}.", conditions.join(", ")),
        )
        .limits(slow),
        |panel, (share, legend)| panel.asks(requests.quantile(share, "", &of), legend),
    );
    let panels = vec![
        times,
        Panel::courses(
            "Failed",
            "percentunit",
            "The share of requests that fail; a line is what its budget permits.",
        )
        .asks(requests.failed("", &of), "failed")
        .limits(failed.map(|counted| counted.objective.permitted))
        .most(1.0),
        Panel::courses("Requests", "reqps", "Requests of users per second, by status.")
            .asks(
                requests.rate(&requests.settings.names.status, &of),
                format!("{{{{{}}}}}", requests.settings.names.status),
            )
            .stacked(),
    ];
    Section::new(first.objective.endpoint.clone(), 3, panels)
}

/// What the process needs, as usual libraries tell it.
fn process(requests: &Requests<'_>) -> Section {
    let of = chosen(requests.settings).join(",");
    let gauge = |name: &str| format!("sum by (instance) ({name}{{{of}}})");
    Section::new(
        "Process",
        4,
        vec![
            Panel::courses("Processor", "short", "Cores in use, by instance.")
                .asks(sum("instance", &format!("process_cpu_seconds_total{{{of}}}")), "{{instance}}"),
            Panel::courses("Memory", "bytes", "Resident memory, by instance.")
                .asks(gauge("process_resident_memory_bytes"), "{{instance}}"),
            Panel::courses(
                "Descriptors",
                "percentunit",
                "Open file descriptors, of those that there may be.",
            )
            .asks(format!("{} / {}", gauge("process_open_fds"), gauge("process_max_fds")), "{{instance}}")
            .most(1.0)
            .limits([0.8, 0.95]),
            Panel::courses("Threads", "short", "Threads of the operating system, by instance.")
                .asks(gauge("process_threads"), "{{instance}}"),
        ],
    )
}
