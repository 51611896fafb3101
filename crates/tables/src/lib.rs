//! TOML files that people write, read strictly: unknown keys are errors that suggest the one meant, and everything that
//! is wrong is told at once, each with its line.
//!
//! ```
//! use loadline_tables::{Source, Table, Wrong, line_starts};
//! let text = "sped = 3\n";
//! let lines = line_starts(text);
//! let source = Source::new("car.toml", text, &lines);
//! let (document, _) = toml::de::DeTable::parse_recoverable(text);
//! let table = Table { source, name: "the car", entries: document.get_ref() };
//! let mut wrong = Wrong::default();
//! table.only(&["speed"], &mut wrong);
//! assert!(wrong.to_string().contains("did you mean `speed`?"));
//! ```

mod source;
mod table;

pub use source::{Source, line_starts};
pub use table::{Table, Text, Wrong, inside, suggestion};
