//! Verdicts for CI systems: `JUnit` for any of them, annotations and a step summary for GitHub.

mod github;
mod junit;
#[cfg(test)]
mod tests;
mod words;

pub use github::{github_annotations, github_summary};
pub use junit::junit;
