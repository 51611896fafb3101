//! Traces and metrics to an OpenTelemetry collector: OTLP over HTTP, in protobuf.
//!
//! Nothing of this runs unless an endpoint is configured, by OpenTelemetry's own variables:
//!
//! ```no_run
//! # async fn example() -> Result<(), loadline_monitor::otlp::OtlpError> {
//! use loadline_monitor::{Monitor, otlp::OtlpSettings};
//!
//! let monitor = Monitor::default();
//! let exporter = match OtlpSettings::from_variables("my-service", |name| std::env::var(name).ok())? {
//!     Some(settings) => Some(monitor.export(&settings)?),
//!     None => None,
//! };
//! // … serve …
//! if let Some(exporter) = exporter {
//!     exporter.shut_down().await;
//! }
//! # Ok(()) }
//! ```
//!
//! OpenTelemetry's SDK is not used, only its messages: the counters of this crate are cheaper than the SDK's, and its exporters bring a
//! second HTTP client and a thread of their own.

mod attributes;
mod exporter;
mod metrics;
mod pairs;
mod sender;
mod settings;
mod spans;

pub use exporter::Exporter;
pub use settings::{Batching, OtlpError, OtlpSettings, Target};

pub use crate::trace::{Sampler, SamplerError};
