//! Two portraits of a database held against each other: what grew, what changed, and which plans are others, for people
//! and for machines.

mod grid;
mod json;
mod page;
mod report;
#[cfg(test)]
mod tests;
mod words;

pub use json::diff_json;
pub use page::diff_text;
pub use report::DiffReport;
pub use words::diff_answer;
