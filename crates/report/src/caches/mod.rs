//! What caches did during a run, in words: hit rates by endpoint, and why the misses missed.

mod figures;
mod lines;
#[cfg(test)]
mod tests;

pub use figures::{CacheFigures, CachePart, cache_figures, caches_json};
pub use lines::cache_lines;
