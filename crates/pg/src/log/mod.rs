//! Logs of PostgreSQL and of Prisma: which statements ran, in which session, and for how long.
//!
//! Bytes come in as they are read, calls go out. [`LogReader`] finds the format, puts entries together from their
//! lines, and pairs what several entries say of one execution; what it could make nothing of is counted in [`Told`].

mod calls;
mod csvlog;
mod entry;
mod format;
mod jsonlog;
mod lines;
mod message;
mod moment;
mod parameters;
mod plan;
mod prisma;
mod reader;
mod stderr;
#[cfg(test)]
mod tests;
mod told;

pub use calls::{Call, CallKind};
pub use format::Format;
pub use parameters::values_of;
pub use reader::LogReader;
pub use told::{Told, Untold};
