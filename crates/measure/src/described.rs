//! How a metric is described to people: its title, what it is counted in, and beside which others it belongs.
//!
//! Whoever makes a run describes the metrics it brings along, in the run; the built-in ones are described here. A
//! page that draws a run needs no list of its own.

use serde::{Deserialize, Serialize};

use crate::metric::{Metric, MetricKind, Unit};

/// A metric for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    /// What it is, as a heading: `Response time`.
    pub title: String,
    /// What it is counted in, where its unit does not say: `users`.
    pub unit: String,
    /// The panel that it is drawn in, beside others of the same panel: `Response time`. Empty for one of its own.
    pub panel: String,
}

/// Name, title, unit and panel of what every run may have.
const BUILTIN: [(&str, &str, &str, &str); 43] = [
    ("vus", "Users", "users", "Load"),
    ("vus_max", "Users that exist", "users", "Load"),
    ("iterations", "Iterations", "iterations", "Load"),
    ("iteration_duration", "Iteration", "", "Iterations"),
    ("dropped_iterations", "Dropped iterations", "iterations", "Load"),
    ("iteration_lag", "Late starts", "", "Iterations"),
    ("checks", "Checks that pass", "", "Errors"),
    ("group_duration", "Groups", "", "Iterations"),
    ("http_reqs", "Requests", "requests", "Throughput"),
    ("http_reqs_repeated", "Requests sent again", "requests", "Throughput"),
    ("http_req_failed", "Requests that fail", "", "Errors"),
    ("response_time", "Response time", "", "Response time"),
    ("http_response_time", "Response time", "", "Response time"),
    ("http_req_duration", "Sending to receiving", "", "Response time"),
    ("http_req_blocked", "Waiting for a connection", "", "Phases"),
    ("http_req_connecting", "Connecting", "", "Phases"),
    ("http_req_tls_handshaking", "TLS handshake", "", "Phases"),
    ("http_req_sending", "Sending", "", "Phases"),
    ("http_req_waiting", "Waiting for the first byte", "", "Phases"),
    ("http_req_receiving", "Receiving", "", "Phases"),
    ("data_sent", "Sent", "", "Traffic"),
    ("data_received", "Received", "", "Traffic"),
    ("ws_sessions", "WebSocket sessions", "sessions", "WebSockets"),
    ("ws_connecting", "Opening a WebSocket", "", "WebSockets"),
    ("ws_session_duration", "WebSocket session", "", "WebSockets"),
    ("ws_ping", "Ping to pong", "", "WebSockets"),
    ("ws_msgs_sent", "WebSocket messages sent", "messages", "WebSockets"),
    ("ws_msgs_received", "WebSocket messages received", "messages", "WebSockets"),
    ("grpc_req_duration", "gRPC calls", "", "gRPC"),
    ("grpc_streams", "gRPC streams", "streams", "gRPC"),
    ("grpc_streams_msgs_sent", "gRPC messages sent", "messages", "gRPC"),
    ("grpc_streams_msgs_received", "gRPC messages received", "messages", "gRPC"),
    ("process_memory", "Memory", "", "Memory"),
    ("server_part", "Parts of the server", "", "Response time"),
    ("machine_cpu", "Processor of this machine", "of it", "Processor"),
    ("process_cpu", "Processor", "cores", "Processor"),
    ("generator_cpu", "Processor of the generator", "cores", "Generator"),
    ("generator_loop_lag", "Late timers", "", "Generator"),
    ("generator_loop_lag_max", "Latest timer", "", "Generator"),
    ("generator_late_starts", "Late iterations", "iterations", "Generator"),
    ("generator_open_files", "Open files", "files", "Generator"),
    ("generator_open_files_limit", "Open files allowed", "files", "Generator"),
    ("scrape_failures", "Scrapes that fail", "scrapes", "Errors"),
];

impl Description {
    /// A description with a title, drawn beside others of a panel.
    pub fn new(title: &str, unit: &str, panel: &str) -> Self {
        Self { title: title.to_owned(), unit: unit.to_owned(), panel: panel.to_owned() }
    }

    /// The description of a metric: as its run says, as the built-in ones are, or else by its name and its own unit.
    pub(crate) fn of(metric: &Metric, said: Option<&Self>) -> Self {
        let builtin = || {
            let found = BUILTIN.iter().find(|(name, ..)| *name == metric.name);
            found.map(|(_, title, unit, panel)| Self::new(title, unit, panel))
        };
        let named = || Self { title: metric.name.replace('_', " "), ..Self::default() };
        let mut description = said.cloned().or_else(builtin).unwrap_or_else(named);
        if description.unit.is_empty() {
            let unit = match (metric.kind, metric.unit) {
                (MetricKind::Rate, _) => "%",
                (_, Unit::Milliseconds) => "ms",
                (_, Unit::Bytes) => "bytes",
                (_, Unit::Plain) => "",
            };
            unit.clone_into(&mut description.unit);
        }
        description
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::{Builtin, RESPONSE_TIME_ASIDE};
    use crate::meta::RunMeta;
    use crate::run::Run;
    use crate::schema::Schema;

    #[test]
    fn each_built_in_metric_is_described_and_nothing_else() {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        let described: Vec<&str> = BUILTIN.iter().map(|(name, ..)| *name).collect();
        for (_, metric) in schema.metrics() {
            assert!(described.contains(&metric.name.as_str()), "{}", metric.name);
        }
        for name in described {
            assert!(Builtin::is_name(name) || name == RESPONSE_TIME_ASIDE, "{name}");
        }
    }

    #[test]
    fn the_run_has_the_first_word() {
        let mut run = Run::new(RunMeta::default(), Schema::new());
        let metric = |name: &str, kind| Metric { name: name.to_owned(), kind, unit: Unit::Plain };
        let hits = metric("cache_hits", MetricKind::Rate);
        assert_eq!(run.description(&hits), Description::new("cache hits", "%", ""));
        run.meta.descriptions.insert("cache_hits".to_owned(), Description::new("Hits", "", "Cache"));
        assert_eq!(run.description(&hits), Description::new("Hits", "%", "Cache"));
        assert_eq!(run.description(&metric("vus", MetricKind::Gauge)).title, "Users");
    }
}
