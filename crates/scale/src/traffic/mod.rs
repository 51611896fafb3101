//! What comes: requests per second over time, from a table, a run, a log, Prometheus, or made up.

mod access_log;
mod csv;
mod day;
mod error;
mod points;
mod profile;
mod prometheus;

pub use access_log::AccessLog;
pub use csv::read_csv;
pub use day::{Day, Rush};
pub use error::TrafficError;
pub use profile::{LONGEST_S, Profile};
pub use prometheus::PrometheusRange;
