//! The policy engine: what a shared cache may keep, for how long, and what it answers (RFC 9111).
//!
//! It is a set of pure functions: heads of messages, what is stored and what time it is go in, decisions come out.
//! Whoever has the sockets, the bodies and the memory acts on them: the server, the simulator, or a test. Three calls
//! make up the life of a request:
//!
//! 1. [`Policy::choose`] looks at what is stored under the request's key and says whether to serve it, to ask the
//!    origin,
//!    or both;
//! 2. [`Policy::receive`] takes the origin's answer and says what goes to the client and what is kept, or
//!    [`Policy::unreachable`] that there was none;
//! 3. [`Policy::invalidates`] says what else an answer makes worthless.
//!
//! Which requests have the same key is not said here: see [`crate::key`].

mod age;
mod choose;
mod combine;
mod conditions;
mod forward;
mod freshness;
mod invalidate;
mod receive;
mod serve;
mod settings;
mod store;
mod stored;

pub(crate) use invalidate::resolved;

pub use age::Times;
pub use choose::Choice;
pub use combine::{Combined, Piece};
pub use forward::{Asks, Forwarded};
pub use freshness::{Freshness, Source, Staleness};
pub use invalidate::Invalidation;
pub use receive::{Kept, Received, Unreachable};
pub use serve::{Content, Served};
pub use settings::{Authorized, ClientDirectives, Heuristic, Policy, SetCookie};
pub use store::NotKept;
pub use stored::{Held, Mark, Stored};
