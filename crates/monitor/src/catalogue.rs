//! Every metric: its names, unit and meaning. The reference in the book says the same in more words.

use crate::{
    family::{About, Kind},
    record::{QUERIES, REQUESTS},
};

pub(crate) static API_DURATION: About = About {
    prometheus: "api_request_duration_ms",
    opentelemetry: "api_request_duration_ms",
    unit: "ms",
    help: "Duration of requests by endpoint, in milliseconds.",
    kind: Kind::Histogram(REQUESTS.story_ms),
};
pub(crate) static SERVER_DURATION: About = About {
    prometheus: "http_server_request_duration_seconds",
    opentelemetry: "http.server.request.duration",
    unit: "s",
    help: "Duration of HTTP server requests.",
    kind: Kind::Histogram(REQUESTS.opentelemetry_s),
};
pub(crate) static SERVER_ACTIVE: About = About {
    prometheus: "http_server_active_requests",
    opentelemetry: "http.server.active_requests",
    unit: "{request}",
    help: "Number of HTTP server requests that are being answered.",
    kind: Kind::Level,
};
pub(crate) static QUERY_DURATION: About = About {
    prometheus: "db_query_duration_ms",
    opentelemetry: "db_query_duration_ms",
    unit: "ms",
    help: "Duration of database queries, in milliseconds.",
    kind: Kind::Histogram(QUERIES.story_ms),
};
pub(crate) static OPERATION_DURATION: About = About {
    prometheus: "db_client_operation_duration_seconds",
    opentelemetry: "db.client.operation.duration",
    unit: "s",
    help: "Duration of database client operations.",
    kind: Kind::Histogram(QUERIES.opentelemetry_s),
};
pub(crate) static POOL_WAIT: About = About {
    prometheus: "db_pool_wait_duration_ms",
    opentelemetry: "db_pool_wait_duration_ms",
    unit: "ms",
    help: "Wait for a database connection of the pool, in milliseconds.",
    kind: Kind::Histogram(QUERIES.story_ms),
};
pub(crate) static CONNECTION_WAIT: About = About {
    prometheus: "db_client_connection_wait_time_seconds",
    opentelemetry: "db.client.connection.wait_time",
    unit: "s",
    help: "Time it took to obtain a connection from the pool.",
    kind: Kind::Histogram(QUERIES.opentelemetry_s),
};
pub(crate) static CONNECTIONS: About = About {
    prometheus: "db_client_connection_count",
    opentelemetry: "db.client.connection.count",
    unit: "{connection}",
    help: "Number of database connections by state.",
    kind: Kind::Level,
};
pub(crate) static CONNECTIONS_MAX: About = About {
    prometheus: "db_client_connection_max",
    opentelemetry: "db.client.connection.max",
    unit: "{connection}",
    help: "Maximum number of open database connections.",
    kind: Kind::Level,
};
pub(crate) static CONNECTIONS_PENDING: About = About {
    prometheus: "db_client_connection_pending_requests",
    opentelemetry: "db.client.connection.pending_requests",
    unit: "{request}",
    help: "Number of requests that wait for a database connection.",
    kind: Kind::Level,
};
pub(crate) static CLIENT_DURATION: About = About {
    prometheus: "http_client_request_duration_seconds",
    opentelemetry: "http.client.request.duration",
    unit: "s",
    help: "Duration of HTTP client requests, one for each attempt.",
    kind: Kind::Histogram(REQUESTS.opentelemetry_s),
};
pub(crate) static CACHE_HIT_RATE: About = About {
    prometheus: "cache_hit_rate",
    opentelemetry: "cache_hit_rate",
    unit: "1",
    help: "Share of cacheable answers that came from a cache or were not modified, since the start.",
    kind: Kind::Gauge,
};
pub(crate) static CACHE_ANSWERS: About = About {
    prometheus: "cache_answers_total",
    opentelemetry: "cache_answers",
    unit: "{response}",
    help: "Cacheable answers by whether they came from a cache or were not modified.",
    kind: Kind::Counter,
};
pub(crate) static RESIDENT: About = About {
    prometheus: "process_resident_memory_bytes",
    opentelemetry: "process.memory.usage",
    unit: "By",
    help: "Resident memory size in bytes.",
    kind: Kind::Gauge,
};
pub(crate) static VIRTUAL: About = About {
    prometheus: "process_virtual_memory_bytes",
    opentelemetry: "process.memory.virtual",
    unit: "By",
    help: "Virtual memory size in bytes.",
    kind: Kind::Gauge,
};
pub(crate) static CPU: About = About {
    prometheus: "process_cpu_seconds_total",
    opentelemetry: "process.cpu.time",
    unit: "s",
    help: "Total user and system CPU time spent in seconds.",
    kind: Kind::Counter,
};
pub(crate) static OPEN_DESCRIPTORS: About = About {
    prometheus: "process_open_fds",
    opentelemetry: "process.unix.file_descriptor.count",
    unit: "{file_descriptor}",
    help: "Number of open file descriptors.",
    kind: Kind::Gauge,
};
pub(crate) static MOST_DESCRIPTORS: About = About {
    prometheus: "process_max_fds",
    opentelemetry: "process.unix.file_descriptor.limit",
    unit: "{file_descriptor}",
    help: "Maximum number of open file descriptors.",
    kind: Kind::Gauge,
};
pub(crate) static THREADS: About = About {
    prometheus: "process_threads",
    opentelemetry: "process.thread.count",
    unit: "{thread}",
    help: "Number of operating system threads in the process.",
    kind: Kind::Gauge,
};
pub(crate) static START: About = About {
    prometheus: "process_start_time_seconds",
    opentelemetry: "process.start_time",
    unit: "s",
    help: "Start time of the process since unix epoch in seconds.",
    kind: Kind::Gauge,
};
pub(crate) static OVERFLOW: About = About {
    prometheus: "loadline_monitor_overflow_total",
    opentelemetry: "loadline.monitor.overflow",
    unit: "{request}",
    help: "Requests counted under (other) because there were too many different labels.",
    kind: Kind::Counter,
};
pub(crate) static SPANS: About = About {
    prometheus: "loadline_monitor_spans_total",
    opentelemetry: "loadline.monitor.spans",
    unit: "{span}",
    help: "Spans by what became of them: sent, dropped because the queue was full, lost because the collector did not take them.",
    kind: Kind::Counter,
};
pub(crate) static EXPORT_FAILURES: About = About {
    prometheus: "loadline_monitor_export_failures_total",
    opentelemetry: "loadline.monitor.export_failures",
    unit: "{request}",
    help: "Exports that the collector did not take, after all tries.",
    kind: Kind::Counter,
};
