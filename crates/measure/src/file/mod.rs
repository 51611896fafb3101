//! The Run file. The format is described in `format`.

mod allowance;
mod format;
mod frames;
mod packed;
mod read;
mod reading;
mod write;

pub use format::RUN_FILE_VERSION;
pub use packed::write_packed;
pub use read::{Growth, RunFileError, RunReader, read_run};
pub use write::{RunWriter, write_run};
