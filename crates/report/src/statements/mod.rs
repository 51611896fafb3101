//! Slow statements of a database: where its time goes, what is slow each time, and what runs once for each row of
//! something else; for people, for machines, and while one looks on.

mod grid;
mod json;
mod live;
mod page;
mod report;
#[cfg(test)]
mod tests;
mod words;

pub use json::slow_json;
pub use live::slow_live;
pub use page::slow_text;
pub use report::{SlowReport, SlowSource};
pub use words::{slow_amount, slow_answer};
