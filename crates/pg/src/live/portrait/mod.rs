//! Portraits taken of a running server: it is read, never written, and nothing in it waits for us.

mod counts;
mod dump;
mod ends;
mod figures;
mod heights;
mod reading;
mod relations;
mod take;
mod usage;
mod workload;

pub use dump::DumpError;
pub use take::{PortrayError, Sitting, portray};
