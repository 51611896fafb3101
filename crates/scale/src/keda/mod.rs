//! The two small languages of KEDA's manifests: times that come again, and formulas over triggers.

mod cron;
mod evaluate;
mod formula;
mod formula_error;
mod tokens;
mod tree;

pub use cron::{Cron, CronError};
pub use formula::Formula;
pub use formula_error::FormulaError;
