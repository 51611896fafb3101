//! What migrations lock and what becomes of plans, for people, machines, pull requests and CI systems.

mod json;
mod junit;
mod markdown;
mod page;
mod report;
#[cfg(test)]
mod tests;
mod words;

pub use json::check_json;
pub use junit::check_junit;
pub use markdown::check_markdown;
pub use page::check_text;
pub use report::CheckReport;
pub use words::check_answer;
