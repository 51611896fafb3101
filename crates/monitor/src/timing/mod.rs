//! Where one request's time went, told to its client in `Server-Timing`: <https://www.w3.org/TR/server-timing/>.

mod field;
mod here;
mod names;
mod part;
mod parts;
mod this_request;

pub(crate) use field::SERVER_TIMING;
pub(crate) use here::Around;
pub(crate) use names::{Named, Names};
pub use part::{Part, RunningPart, TimedPart};
pub(crate) use parts::Parts;
pub use this_request::{Followed, ThisRequest};
