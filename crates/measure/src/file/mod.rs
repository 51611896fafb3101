//! The Run file. The format is described in `format`.

mod format;
mod packed;
mod read;
mod write;

pub use format::RUN_FILE_VERSION;
pub use packed::write_packed;
pub use read::{Completeness, RunFileError, read_run};
pub use write::{RunWriter, write_run};
