//! Where a run is written while it goes on: `--out json=FILE`, `--out csv=FILE`, `--out run=FILE`.

mod content;
mod create;
mod csv;
mod destination;
mod error;
mod event;
mod json;
mod run_file;
mod terminal;
#[cfg(test)]
mod tests;

pub use content::Content;
pub use create::{Witness, append_file, check_file, create_file, replace_file};
pub use csv::{CsvOutput, SYSTEM_TAGS};
pub use destination::Destination;
pub use error::OutputError;
pub use event::{Event, Output};
pub use json::{JsonOutput, MetricNotes};
pub use run_file::RunOutput;
