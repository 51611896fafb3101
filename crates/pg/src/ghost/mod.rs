//! A ghost: an empty database that plans as another one does.
//!
//! What is here is what a portrait says in PostgreSQL's own words: statements, and bytes of pages and statistics. Who
//! says them to a server is `live`.

mod extended;
mod heads;
mod names;
mod pages;
mod statement;

pub use extended::{Dimension, ExtendedError, combinations, dependencies, distinct};
pub use heads::{Counts, entry_counts, range_map, tree};
pub use names::{literal, quoted};
pub use pages::{PAGE_BYTES, entry, values, visibility};
pub use statement::{parameters, statements, with_plain_parameters};
