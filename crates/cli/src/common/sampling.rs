//! Flags about what is sampled.

use clap::Args;
use loadline_runner::{SamplingError, SamplingSettings, SamplingTexts};

use super::database::DatabaseArguments;

/// What is sampled while the run goes on, besides the load generator's own memory.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct SamplingArguments {
    /// Sample the resident memory of a local process, without its children, may be repeated
    #[arg(long = "process", value_name = "NAME=PID")]
    pub(crate) processes: Vec<String>,
    /// Scrape a Prometheus endpoint of the target, may be repeated; without a path it is /metrics
    #[arg(long = "scrape", value_name = "NAME=URL")]
    pub(crate) scrapes: Vec<String>,
    /// Record this metric of scraped endpoints too, may be repeated
    #[arg(long = "scrape-metric", value_name = "METRIC")]
    pub(crate) scrape_metrics: Vec<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    /// How often to sample and to scrape, once a second by default
    #[arg(long, value_name = "DURATION")]
    pub(crate) sample_interval: Option<String>,
}

/// Understands the flags, and looks for the processes.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn sampling(arguments: &SamplingArguments) -> Result<SamplingSettings, SamplingError> {
    SamplingTexts {
        processes: &arguments.processes,
        scrapes: &arguments.scrapes,
        metrics: &arguments.scrape_metrics,
        interval: arguments.sample_interval.as_deref(),
    }
    .settings()
}
