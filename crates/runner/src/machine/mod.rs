//! This machine: what there is of it, and whether that is enough for a run.

mod capacity;
mod descriptors;
mod memory;
mod processor;

pub(crate) use capacity::{Capacity, too_few_files};
pub use descriptors::raise_limit as raise_descriptor_limit;
pub use memory::of_a_realm as memory_of_a_realm;
pub(crate) use processor::memory_bytes;
pub use processor::{of_process as processor_seconds_of, of_this_process as processor_seconds};
