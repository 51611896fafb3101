//! OpenTelemetry's metrics (OTLP), over gRPC or HTTP, in protobuf.
//!
//! Names, units and attributes are k6's: `http_reqs`, `http_req_duration` in `ms`, and a rate as a counter whose
//! `condition` is `zero` or `nonzero`. Trends are exponential histograms, in the buckets of the Run.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/>, <https://opentelemetry.io/docs/specs/otel/metrics/data-model/>.

mod answers;
mod buckets;
mod form;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use form::Otlp;
pub(crate) use settings::OpenTelemetrySettings;
