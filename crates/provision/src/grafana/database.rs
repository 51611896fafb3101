//! The database, as the service sees it: what its queries take, and what waits for a connection.

use loadline_watch::Names;

use super::board::Variable;
use super::layout::Section;
use super::panel::Panel;
use super::queries::{chosen, sum};
use crate::source::Source;

/// What queries are called.
struct Queries {
    histogram: &'static str,
    unit: &'static str,
    operation: &'static str,
    model: &'static str,
    wait: &'static str,
    wait_pool: &'static str,
}

const STORY: Queries = Queries {
    histogram: "db_query_duration_ms",
    unit: "ms",
    operation: "operation",
    model: "model",
    wait: "db_pool_wait_duration_ms",
    wait_pool: "pool",
};

const OPENTELEMETRY: Queries = Queries {
    histogram: "db_client_operation_duration_seconds",
    unit: "s",
    operation: "db_operation_name",
    model: "db_collection_name",
    wait: "db_client_connection_wait_time_seconds",
    wait_pool: POOL,
};

const POOL: &str = "db_client_connection_pool_name";

fn queries(source: &Source) -> &'static Queries {
    if source.settings.names.histogram == Names::story().histogram { &STORY } else { &OPENTELEMETRY }
}

/// What can be chosen.
pub(super) fn variables(source: &Source) -> Vec<Variable> {
    let Queries { histogram, model, .. } = queries(source);
    let said: Vec<String> = source.settings.said_matchers().collect();
    let services = format!("{histogram}_count{{{}}}", said.join(","));
    let within = [said, vec!["job=~\"$service\"".to_owned()]].concat().join(",");
    let instances = format!("{histogram}_count{{{within}}}");
    vec![
        Variable { name: "service", label: "Service", query: format!("label_values({services}, job)") },
        Variable {
            name: "instance",
            label: "Instance",
            query: format!("label_values({instances}, instance)"),
        },
        Variable { name: "model", label: "Table", query: format!("label_values({instances}, {model})") },
    ]
}

pub(super) fn sections(source: &Source) -> Vec<Section> {
    let Queries { histogram, unit, operation, model, wait, wait_pool } = queries(source);
    let of = chosen(&source.settings).join(",");
    let both = format!("{operation}, {model}");
    let legend = format!("{{{{{operation}}}}} {{{{{model}}}}}");
    let series = |suffix: &str| format!("{histogram}{suffix}{{{of},{model}=~\"$model\"}}");
    let quantile = |share: f64| {
        format!("histogram_quantile({share}, {})", sum(&format!("{both}, le"), &series("_bucket")))
    };
    let queries = vec![
        Panel::courses("Queries", "ops", "Queries per second, by what they do and to which table.")
            .asks(sum(&both, &series("_count")), &legend)
            .stacked(),
        Panel::courses(
            "Time in queries",
            "none",
            "Seconds of queries per second: how many run at a time, on average.",
        )
        .asks(
            if *unit == "ms" {
                format!("{} / 1000", sum(&both, &series("_sum")))
            } else {
                sum(&both, &series("_sum"))
            },
            &legend,
        )
        .stacked(),
        Panel::courses(
            "Query time, p95",
            unit,
            "95 of 100 queries end within this time, without the wait for a connection.",
        )
        .asks(quantile(0.95), &legend),
        Panel::courses("Query time, p99", unit, "99 of 100 queries end within this time.")
            .asks(quantile(0.99), &legend),
    ];
    let waits = format!("{wait}_bucket{{{of}}}");
    let pending = format!("sum by ({POOL}) (db_client_connection_pending_requests{{{of}}})");
    let count = format!("db_client_connection_count{{{of}}}");
    let most = format!("sum by ({POOL}) (db_client_connection_max{{{of}}})");
    let pool = format!("{{{{{POOL}}}}}");
    let connections = vec![
        Panel::courses("Connections", "short", "Connections of the pool, by state, and how many there may be.")
            .asks(
                format!("sum by ({POOL}, db_client_connection_state) ({count})"),
                format!("{pool} {{{{db_client_connection_state}}}}"),
            )
            .asks(&most, format!("{pool} most")),
        Panel::courses("Connections in use", "percentunit", "Of those that there may be: at 100 % requests wait.")
            .asks(
                format!("sum by ({POOL}) (db_client_connection_count{{{of},db_client_connection_state=\"used\"}}) / {most}"),
                &pool,
            )
            .most(1.0)
            .limits([0.8, 0.95]),
        Panel::courses("Waiting for a connection", "short", "Requests that wait for one.").asks(pending, &pool),
        Panel::courses("Wait for a connection, p95", unit, "95 of 100 get a connection within this time.")
            .asks(
                format!("histogram_quantile(0.95, {})", sum(&format!("{wait_pool}, le"), &waits)),
                format!("{{{{{wait_pool}}}}}"),
            ),
    ];
    vec![Section::new("Queries", 2, queries), Section::new("Connections", 2, connections)]
}
