//! Two builds side by side: a table for the terminal, a comment for a pull request, JSON.

mod json;
mod markdown;
mod noise;
mod picture;
mod report;
mod table;
#[cfg(test)]
mod tests;

pub use json::comparison_json;
pub use markdown::comparison_markdown;
pub(crate) use markdown::{cell, sign};
pub use noise::{NoiseReport, noise_json, noise_text};
pub use report::{ComparisonReport, Course, change as change_text, interval as interval_text};
pub use table::comparison_table;
