//! The metrics that every run has, by their k6 names, and Loadline's own: `iteration_lag`, the memory of processes, and
//! how the load generator itself does.

use crate::metric::{MetricId, MetricKind, Unit};
use crate::schema::{Schema, SchemaError};

/// The name of [`Builtin::server_part`].
pub const SERVER_PART: &str = "server_part";
/// The name of [`Builtin::response_time`] where no script has taken it.
pub const RESPONSE_TIME: &str = "response_time";

macro_rules! builtin {
    ($($(#[$comment:meta])* $name:ident: $kind:ident, $unit:ident;)*) => {
        /// The ids of the built-in metrics in one schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Builtin {
            $($(#[$comment])* pub $name: MetricId,)*
        }

        impl Builtin {
            /// Defines all built-in metrics, or finds them again.
            ///
            /// # Errors
            /// [`SchemaError::Conflict`] when one of the names is taken by a metric of another kind or unit.
            pub fn define(schema: &Schema) -> Result<Self, SchemaError> {
                Ok(Self {
                    $($name: define(schema, stringify!($name), MetricKind::$kind, Unit::$unit)?,)*
                })
            }

            /// Whether a metric of this name is built in.
            pub fn is_name(name: &str) -> bool {
                [$(stringify!($name)),*].contains(&name)
            }
        }
    };
}

builtin! {
    /// Virtual users that are running.
    vus: Gauge, Plain;
    /// Virtual users that exist, running or not.
    vus_max: Gauge, Plain;
    /// Iterations that ended, with an exception or without.
    iterations: Counter, Plain;
    /// How long an iteration took, in milliseconds.
    iteration_duration: Trend, Milliseconds;
    /// Iterations that could not start: no free virtual user at the scheduled time.
    dropped_iterations: Counter, Plain;
    /// How much later than scheduled an iteration of an open model started, in milliseconds.
    iteration_lag: Trend, Milliseconds;
    /// The share of checks that passed.
    checks: Rate, Plain;
    /// How long a group took, in milliseconds.
    group_duration: Trend, Milliseconds;
    /// HTTP requests, each redirect hop on its own.
    http_reqs: Counter, Plain;
    /// How many times HTTP requests were sent again, unseen: on a kept connection that the server had closed, or to an
    /// HTTP/2 server that had not begun with them. Recorded only where it happened.
    http_reqs_repeated: Counter, Plain;
    /// The share of HTTP requests that failed.
    http_req_failed: Rate, Plain;
    /// Sending, waiting and receiving, in milliseconds.
    http_req_duration: Trend, Milliseconds;
    /// What whoever waits for an answer feels, in milliseconds; of answered requests alone. In an open model it
    /// begins when the request was due: the late start of an iteration is part of its first request, and waiting for
    /// a connection of each. In a closed model it is `http_req_duration`.
    response_time: Trend, Milliseconds;
    /// Waiting for a connection, in milliseconds.
    http_req_blocked: Trend, Milliseconds;
    /// The TCP handshake, in milliseconds.
    http_req_connecting: Trend, Milliseconds;
    /// The TLS handshake, in milliseconds.
    http_req_tls_handshaking: Trend, Milliseconds;
    /// Writing the request, in milliseconds.
    http_req_sending: Trend, Milliseconds;
    /// From the last byte written to the first byte read, in milliseconds.
    http_req_waiting: Trend, Milliseconds;
    /// Reading the response, in milliseconds.
    http_req_receiving: Trend, Milliseconds;
    /// What servers say of their parts, tagged `part`, in milliseconds: of those parts alone that something is judged
    /// by. All of them are in the ledger.
    server_part: Trend, Milliseconds;
    /// Bytes written to sockets.
    data_sent: Counter, Bytes;
    /// Bytes read from sockets.
    data_received: Counter, Bytes;
    /// WebSocket sessions.
    ws_sessions: Counter, Plain;
    /// Opening a WebSocket, in milliseconds.
    ws_connecting: Trend, Milliseconds;
    /// From a WebSocket's opening to its end, in milliseconds.
    ws_session_duration: Trend, Milliseconds;
    /// From a ping to its pong, in milliseconds.
    ws_ping: Trend, Milliseconds;
    /// WebSocket messages sent.
    ws_msgs_sent: Counter, Plain;
    /// WebSocket messages received.
    ws_msgs_received: Counter, Plain;
    /// A gRPC call from the first byte sent to the last received, in milliseconds.
    grpc_req_duration: Trend, Milliseconds;
    /// gRPC streams opened.
    grpc_streams: Counter, Plain;
    /// Messages sent on gRPC streams.
    grpc_streams_msgs_sent: Counter, Plain;
    /// Messages received on gRPC streams.
    grpc_streams_msgs_received: Counter, Plain;
    /// Resident memory of a process, tagged `process`: `generator`, or the name it was given.
    process_memory: Gauge, Bytes;
    /// The part of this machine's processors that was busy, from 0 to 1.
    machine_cpu: Gauge, Plain;
    /// The cores that a process uses, tagged `process`: user and system time per second.
    process_cpu: Gauge, Plain;
    /// The cores that the load generator's process uses: user and system time per second.
    generator_cpu: Gauge, Plain;
    /// How late the generator's event loops served their timers, on average in a second, in milliseconds.
    generator_loop_lag: Gauge, Milliseconds;
    /// The longest of those delays in a second, in milliseconds.
    generator_loop_lag_max: Gauge, Milliseconds;
    /// Iterations of open models that started 10 ms or more after their scheduled time.
    generator_late_starts: Counter, Plain;
    /// File descriptors that the generator has open, sockets included.
    generator_open_files: Gauge, Plain;
    /// File descriptors that the generator may have open.
    generator_open_files_limit: Gauge, Plain;
    /// Scrapes of a Prometheus endpoint that failed, tagged `target`.
    scrape_failures: Counter, Plain;
}

fn define(schema: &Schema, name: &str, kind: MetricKind, unit: Unit) -> Result<MetricId, SchemaError> {
    match schema.find(RESPONSE_TIME_ASIDE) {
        Some(aside) if name == RESPONSE_TIME => Ok(aside),
        _ => schema.define(name, kind, unit),
    }
}

/// What [`Builtin::response_time`] is called in a schema in which a script has a metric of that name.
pub const RESPONSE_TIME_ASIDE: &str = "http_response_time";

/// The response time of the requests of a schema, whatever its name there; `None` in Runs that have none.
pub fn response_time(schema: &Schema) -> Option<MetricId> {
    schema.find(RESPONSE_TIME_ASIDE).or_else(|| {
        let found = schema.find(RESPONSE_TIME)?;
        let metric = schema.metric(found);
        (metric.kind == MetricKind::Trend && metric.unit == Unit::Milliseconds).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defined_twice_they_are_the_same() {
        let schema = Schema::new();
        let first = Builtin::define(&schema).unwrap();
        assert_eq!(Builtin::define(&schema).unwrap(), first);
        assert_eq!(schema.find("http_req_duration"), Some(first.http_req_duration));
        assert!(Builtin::is_name("vus") && !Builtin::is_name("search_latency"));
    }

    #[test]
    fn a_script_may_have_a_response_time_of_its_own() {
        let schema = Schema::new();
        let first = Builtin::define(&schema).unwrap();
        assert_eq!(response_time(&schema), Some(first.response_time));
        schema.rename(first.response_time, RESPONSE_TIME_ASIDE).unwrap();
        let own = schema.define("response_time", MetricKind::Counter, Unit::Plain).unwrap();
        assert_ne!(own, first.response_time);
        assert_eq!(Builtin::define(&schema).unwrap(), first);
        assert_eq!(response_time(&schema), Some(first.response_time));
        assert_eq!(response_time(&Schema::new()), None);
        assert!(schema.rename(own, "http_reqs").is_err());
    }
}
