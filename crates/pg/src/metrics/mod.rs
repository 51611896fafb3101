//! Statistics of statements as Prometheus reads them, under the names that the usual exporter gives them.

mod text;

pub use text::{StatementTotals, statements_text};
