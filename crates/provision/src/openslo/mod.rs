//! `OpenSLO`, out and in: budgets as objectives that other tools read, and other tools' objectives as budgets.

mod names;
mod read;
mod toml;
mod written;

pub use read::{Imported, OpenSloError, imported};
pub use toml::project_text;
pub(crate) use written::documents;
