//! The report of one target under one request: what users of wrk, oha and hey expect to see.

mod figures;
mod histogram;
mod json;
mod live;
mod report;
#[cfg(test)]
mod tests;

pub use figures::{HitFigures, HitPhase, PERCENTILES};
pub use histogram::latency_histogram;
pub use json::hit_json;
pub use report::hit_report;

pub(crate) use live::LatencyView;
