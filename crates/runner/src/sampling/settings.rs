//! What is sampled while a run goes on.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{MetricKind, Schema, SchemaError, Unit};
use loadline_pg::live::DatabaseSettings;
use loadline_traces::live::Traces;
use url::Url;

use super::process::Process;

/// What is scraped from every endpoint that has it: Prometheus's own names for a process.
pub const SCRAPED_BY_DEFAULT: [&str; 3] =
    ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"];

/// The name of this process.
pub const GENERATOR: &str = "generator";

const USUAL_INTERVAL: Duration = Duration::from_secs(1);

/// What is sampled, besides this process.
#[derive(Debug, Clone)]
pub struct SamplingSettings {
    /// How often.
    pub interval: Duration,
    /// Other processes, by name.
    pub processes: Vec<(String, Process)>,
    /// Prometheus endpoints, by name.
    pub targets: Vec<(String, Url)>,
    /// The metrics wanted of them.
    pub metrics: Vec<String>,
    /// The database that is followed.
    pub database: Option<DatabaseSettings>,
    /// The traces that requests carry.
    pub traces: Option<Arc<Traces>>,
}

impl Default for SamplingSettings {
    fn default() -> Self {
        Self {
            interval: USUAL_INTERVAL,
            processes: Vec::new(),
            targets: Vec::new(),
            metrics: SCRAPED_BY_DEFAULT.map(str::to_owned).to_vec(),
            database: None,
            traces: None,
        }
    }
}

/// Defines what is scraped, so that thresholds can be on it. What is scraped by default is known even when nothing is
/// scraped: a threshold then says that it has no data, not that there is no such metric.
///
/// # Errors
/// When a metric that is wanted has the name of another one.
pub fn define_scraped(schema: &Schema, wanted: &[String]) -> Result<(), SchemaError> {
    for name in SCRAPED_BY_DEFAULT.into_iter().chain(wanted.iter().map(String::as_str)) {
        let defined = schema.define(name, MetricKind::Gauge, scraped_unit(name));
        if wanted.iter().any(|wanted| wanted == name) {
            defined?;
        }
    }
    Ok(())
}

/// The unit that a scraped metric's name ends in, as Prometheus names metrics.
pub fn scraped_unit(name: &str) -> Unit {
    let name = name.strip_suffix("_total").unwrap_or(name);
    if name.ends_with("_bytes") { Unit::Bytes } else { Unit::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_in_names() {
        assert_eq!(scraped_unit("process_resident_memory_bytes"), Unit::Bytes);
        assert_eq!(scraped_unit("sent_bytes_total"), Unit::Bytes);
        assert_eq!(scraped_unit("process_cpu_seconds_total"), Unit::Plain);
    }
}
