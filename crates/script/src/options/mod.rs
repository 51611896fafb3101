//! k6 options: read from five tiers, merged, and turned into a plan and thresholds.

mod execution;
mod network;
mod problem;
mod scenario;
mod segment;
mod setting;
mod settle;
mod size;
mod summary;
mod system_tags;
mod table;
mod thresholds;
mod tier;

#[cfg(test)]
mod counts;
#[cfg(test)]
mod tests;

pub use network::{TlsAuth, TlsVersions};
pub use problem::{OptionsError, Problem};
pub use scenario::Scenarios;
pub use segment::{Segment, Sequence};
pub use settle::{Settled, settle};
pub use size::Size;
pub use summary::{SummaryMode, TrendStats};
pub use system_tags::TagNames;
pub use table::Options;
pub use thresholds::Thresholds;
pub use tier::{Tiers, variables_of};
