//! A cache: the policy engine around answers with their bodies, still without a clock, a socket or a file.

mod answer;
mod asking;
mod engine;
mod entry;
mod keeping;
mod labels;
mod limits;
mod packed;
mod purge;
mod record;
mod reply;
mod restore;
mod searches;
mod shard;
mod underway;

pub use answer::{Answer, Passing};
pub use asking::{Asking, Sharing};
pub use engine::{Cache, Step};
pub use entry::{Shelf, Shelved};
pub use keeping::Keeping;
pub use limits::{Counts, Limits};
pub use purge::Purge;
pub use record::{Journal, Record, Restored};
pub use reply::Reply;
pub use underway::{Share, Underway};
