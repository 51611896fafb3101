//! This machine: what there is of it, and whether that is enough for a run.

mod capacity;
mod control_group;
mod descriptors;
mod memory;
pub(crate) mod proc;
mod processor;

pub(crate) use capacity::{Capacity, too_few_files};
pub use descriptors::raise_limit as raise_descriptor_limit;
pub(crate) use memory::memory_bytes;
pub use memory::of_a_realm as memory_of_a_realm;
pub use processor::{
    of_machine as processor_ticks_of_machine, of_process as processor_seconds_of,
    of_this_process as processor_seconds,
};
