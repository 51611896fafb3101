//! Prometheus' remote write: protobuf under snappy, version 2 of it, and version 1 for those that know no other.
//!
//! Names and units are k6's, so that dashboards made for k6 fill: `k6_http_reqs_total`, `k6_checks_rate`,
//! `k6_http_req_duration_p99`, times in seconds. Trends are native histograms too, at the resolution of the Run.
//!
//! Sources: <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>,
//! <https://prometheus.io/docs/specs/prw/remote_write_spec/>, <https://prometheus.io/docs/specs/native_histograms/>.

mod encoded;
mod form;
mod identity;
mod names;
mod native;
mod points;
mod settings;
#[cfg(test)]
mod tests;
mod trends;
mod version;
mod wire;

pub(crate) use form::RemoteWrite;
pub(crate) use settings::PrometheusSettings;
