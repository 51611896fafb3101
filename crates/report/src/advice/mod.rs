//! Advice on the indexes of a database: what to build, what could go, and what was not advised and why; for people, for
//! machines, and as SQL.

mod json;
mod page;
mod parts;
mod remarks;
mod report;
mod sql;
#[cfg(test)]
mod tests;
mod words;

pub use json::advice_json;
pub use page::advice_text;
pub use report::AdviceReport;
pub use sql::{advice_sql, advice_steps};
pub use words::{advice_answer, omitted as advice_omission};
