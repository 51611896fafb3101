//! For your own service: durations of requests and queries, cache hits and the process itself, for Prometheus and OpenTelemetry.
//!
//! Three lines on an axum service:
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use loadline_monitor::Monitor;
//!
//! let monitor = Monitor::default();
//! let service: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "Ada" }))
//!     .layer(monitor.layer());
//! let metrics: Router = Router::new().route_service("/metrics", monitor.metrics());
//! # let _ = (service, metrics);
//! ```
//!
//! `metrics` belongs on a listener of its own, which the public does not reach. On another tower service, [`Monitor::layer_named`] takes
//! a [`Naming`]: labels are names of routes, never paths. With the feature `hyper` the same layer is put on hyper's own services, and for
//! any other server a middleware begins each request with [`Monitor::begin`]. Queries are timed by a [`Query`] that is made once:
//!
//! ```
//! # async fn example() -> Result<(), std::io::Error> {
//! # async fn fetch() -> Result<u32, std::io::Error> { Ok(1) }
//! let monitor = loadline_monitor::Monitor::default();
//! let select_users = monitor.query("select", "users");
//! let users = select_users.time(fetch()).await?;
//! # let _ = users; Ok(()) }
//! ```
//!
//! What is emitted, under the names of the founding story and OpenTelemetry's stable ones: `api_request_duration_ms`,
//! `http.server.request.duration`, `http.server.active_requests`, `db_query_duration_ms`, `db.client.operation.duration`,
//! `db_pool_wait_duration_ms`, `db.client.connection.wait_time`,
//! `db.client.connection.*`, `http.client.request.duration`, `cache_hit_rate`, and `process_*`. With the feature `otlp` metrics and
//! traces also go to a collector, when one is configured.
//!
//! Where a request's time went is told to its client in `Server-Timing`, when [`Monitor::tell_timing`] says so.
//!
//! A request costs two readings of the clock, two searches in tables without locks, and a few atomic additions. The number of label sets is bounded ([`Limits`]): what is beyond is counted under `(other)`.

mod calls;
mod catalogue;
mod family;
mod gather;
#[cfg(feature = "hyper")]
mod hyper_service;
mod layer;
mod metrics_service;
mod monitor;
mod naming;
#[cfg(feature = "otlp")]
pub mod otlp;
mod outgoing;
mod pending;
mod pool_levels;
mod pool_wait;
mod process;
mod query;
mod record;
mod running_request;
mod text;
mod timing;
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, unreachable_pub, unused_imports, reason = "spans are made only for an exporter")
)]
mod trace;

pub use calls::{Call, Calls, StreamedCalls};
pub use layer::{Answering, RequestLayer, RequestService};
pub use metrics_service::MetricsService;
pub use monitor::{Limits, Monitor};
#[cfg(feature = "axum")]
pub use naming::MatchedPaths;
pub use naming::{LoadTest, Name, Naming, RequestHead};
pub use outgoing::{Outgoing, RunningCall};
pub use pool_levels::PoolLevels;
pub use pool_wait::{PoolWaits, TimedWait};
pub use query::{Query, RunningQuery, TimedQuery};
pub use running_request::RunningRequest;
pub use timing::{Followed, Part, RunningPart, ThisRequest, TimedPart};
