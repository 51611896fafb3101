//! What runs, and how often: statements with weights.

mod file;
mod merge;

pub use file::of_file;
pub use merge::{Asked, Workload};
