//! What runs, and how often: statements with weights.

mod file;
mod merge;
mod of_log;
mod of_run;
mod omission;

pub use file::of_file;
pub use merge::{Asked, Origin, Workload};
pub use of_log::LogTally;
pub use omission::Omission;
