//! `InfluxDB`'s line protocol, to version 1 (`/write?db=`) and to versions 2 and 3 (`/api/v2/write` with a token).
//!
//! Each second of each series is a line. Its field `value` is what k6's dashboards read: a counter's sum, a gauge's
//! last value, a rate's share, a trend's mean; the other fields have what a second came to in full.
//!
//! Source: <https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/>.

mod form;
mod line;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use form::Lines;
pub(crate) use settings::InfluxdbSettings;
