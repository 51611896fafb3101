//! A load test, as the service saw it: its requests by the limits that they are judged by, beside those of users, and
//! what gives way first.

use loadline_watch::Indicator;

use super::layout::Section;
use super::panel::Panel;
use super::queries::{Requests, Whose, chosen, of_endpoint, sum};
use super::service::MOST_ENDPOINTS;
use crate::source::{Counted, Source};

pub(super) fn sections(source: &Source) -> Vec<Section> {
    let tests = Requests { settings: &source.settings, whose: Whose::LoadTests };
    let users = Requests { settings: &source.settings, whose: Whose::Users };
    let mut sections = vec![beside(&tests, &users)];
    sections.extend(source.endpoints().take(MOST_ENDPOINTS).map(|budgets| endpoint(&tests, budgets)));
    sections.push(gives_way(source));
    sections
}

/// The load test, and what users notice of it.
fn beside(tests: &Requests<'_>, users: &Requests<'_>) -> Section {
    let of = tests.of_chosen();
    let both = |panel: Panel, query: &dyn Fn(&Requests<'_>) -> String| {
        panel.asks(query(tests), "load test").asks(query(users), "users")
    };
    Section::new(
        "The load test and its neighbours",
        3,
        vec![
            both(
                Panel::courses("Requests", "reqps", "Requests per second: of load tests, and of users."),
                &|whose| whose.rate("", &of),
            ),
            both(
                Panel::courses("Failed", "percentunit", "The share of requests that fail.").most(1.0),
                &|whose| whose.failed("", &of),
            ),
            both(
                Panel::courses("Response time, p95", tests.unit(), "What users notice of the load test."),
                &|whose| whose.quantile(0.95, "", &of),
            ),
        ],
    )
}

fn endpoint(tests: &Requests<'_>, budgets: &[Counted]) -> Section {
    let Some(first) = budgets.first() else { return Section::new("", 1, Vec::new()) };
    let of = of_endpoint(tests.settings, &first.objective);
    let per_ms = tests.settings.names.unit.per_ms();
    let limits = budgets.iter().filter_map(|counted| match counted.objective.indicator {
        Indicator::Slow { limit_ms } => Some(limit_ms * per_ms),
        Indicator::Failed => None,
    });
    let permitted = budgets.iter().filter(|counted| counted.objective.indicator == Indicator::Failed);
    let times = Panel::courses(
        "Response time",
        tests.unit(),
        "Of the load test; lines are the limits of its budgets.",
    )
    .asks(tests.quantile(0.5, "", &of), "p50")
    .asks(tests.quantile(0.95, "", &of), "p95")
    .asks(tests.quantile(0.99, "", &of), "p99")
    .limits(limits);
    let failed = Panel::courses("Requests and failures", "reqps", "Requests per second, by status.")
        .asks(
            tests.rate(&tests.settings.names.status, &of),
            format!("{{{{{}}}}}", tests.settings.names.status),
        )
        .stacked();
    let share = Panel::courses(
        "Failed",
        "percentunit",
        "The share of requests that fail; a line is what its budget permits.",
    )
    .asks(tests.failed("", &of), "failed")
    .limits(permitted.map(|counted| counted.objective.permitted))
    .most(1.0);
    Section::new(first.objective.endpoint.clone(), 3, vec![times, share, failed])
}

/// What gives way first.
fn gives_way(source: &Source) -> Section {
    let of = chosen(&source.settings).join(",");
    Section::new(
        "What gives way first",
        2,
        vec![
            Panel::courses("Processor", "short", "Cores in use, by instance.")
                .asks(sum("instance", &format!("process_cpu_seconds_total{{{of}}}")), "{{instance}}"),
            Panel::courses("Memory", "bytes", "Resident memory, by instance.")
                .asks(format!("sum by (instance) (process_resident_memory_bytes{{{of}}})"), "{{instance}}"),
        ],
    )
}
