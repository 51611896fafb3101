//! Metrics as text: Prometheus's format 0.0.4 and OpenMetrics 1.0.
//!
//! Written here, since the libraries that are kept well write only one of the two, and both together are one short file.

mod encode;
mod format;

pub(crate) use encode::respond;
pub(crate) use format::Format;
