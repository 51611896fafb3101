//! A run against the runs before it, and what is normal as a page.

mod check;
mod page;
mod saved;

pub use check::{Past, baseline_json, baseline_table};
pub use page::{NormalRuns, baselines_page};
pub use saved::{SavedBaseline, baselines_json, baselines_text};
