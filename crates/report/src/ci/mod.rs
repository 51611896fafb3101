//! Verdicts for CI systems: `JUnit` for any of them, annotations and a step summary for GitHub,
//! SARIF for code scanning.

mod github;
mod junit;
mod sarif;
#[cfg(test)]
mod tests;
mod words;

pub use github::{github_annotations, github_summary};
pub use junit::junit;
pub use sarif::{SourcePlace, sarif};
