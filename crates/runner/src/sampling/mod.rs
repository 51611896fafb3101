//! Resources while a run goes on: the memory of processes, and what Prometheus endpoints say.
//!
//! What is read and what it means stands apart from reading it: `loadline_prometheus` and
//! [`proc`](crate::machine::proc) parse, `process` and `scrape` do the I/O, `sampler` is the clock.

mod database;
mod looks;
mod process;
mod sampler;
mod scrape;
mod settings;
#[cfg(test)]
mod truth_tests;
mod typed;

pub(crate) use database::{Database, describe as describe_database};
pub use database::{database_settings, define_database, is_of_database};
pub use process::Process;
pub(crate) use sampler::Sampler;
pub use settings::{GENERATOR, SCRAPED_BY_DEFAULT, SamplingSettings, define_scraped, scraped_unit};
pub use typed::{SamplingError, SamplingTexts};
