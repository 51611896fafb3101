//! The content of reports, apart from any layout: figures, groups with their checks, and the JSON made of them.

mod export;
mod figures;
mod groups;
mod json_value;
mod metrics;
mod summary_data;
#[cfg(test)]
mod tests;
mod trend_stat;
mod verdicts_json;

pub use export::summary_export;
pub use summary_data::{TestState, summary_data};
pub use trend_stat::{TrendStat, TrendStatError};
pub use verdicts_json::{outcome_name, verdicts_json};

pub(crate) use figures::{per_second, trend_figure};
pub(crate) use groups::{Check, Group, groups};
pub(crate) use json_value::number;
pub(crate) use metrics::{Measured, measured, worst};
