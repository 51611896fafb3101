//! A journal of a cache in a folder, so that the cache survives a restart.
//!
//! The disk holds what happened, in order, in files that are only ever added to: answers that were kept whole, purges,
//! and what else takes answers away. Opened again, the cache does it all again. What is served comes from memory alone,
//! so the disk is never waited for; how much there is after a restart is what fits into memory again.
//!
//! - **Room.** When the files have more bytes than they may, the oldest goes, with what nobody has asked for again
//!   since then. A purge only takes away what stands before it, so an oldest file can always go.
//! - **Loss.** An answer may be lost: it is only not found again. A purge may not: where one could not be written, or
//!   where a file is damaged so that one may have stood there, all that came before is let go of.
//! - **Damage.** Each record has a checksum, its length another one. A record that a killed process has not finished is
//!   the end of the last file; anything else that does not add up is damage. Files of another version and files that
//!   are none of ours are left alone or removed, and said.
//!
//! It is ours because a store for general use (foyer) brings a runtime, its own memory tier and tens of crates, and
//! answers the question that matters here, what a lost purge means, not at all.

mod counts;
mod files;
mod found;
mod frame;
mod journal;
mod writer;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use journal::read_any;

pub use counts::DiskCounts;
pub use files::DiskError;
pub use found::Found;
pub use journal::Disk;
