//! One way to serve: whatever of this project listens, listens through this crate.
//!
//! A server is a [`Bound`] address, a tower service, a [`Patience`] and a future that says when to stop. What the
//! service answers is its own affair; here is what every server needs and few have: a time for a request's head, also
//! before the protocol is known; a time for a client that never reads; an orderly end; a way on when descriptors run
//! out; a [`Token`] for what only its owner may ask.

mod bound;
mod exhaustion;
mod patient;
mod serve;
mod stop;
mod token;
mod under_way;

pub use self::bound::{BindError, Bound};
pub use self::serve::{Drained, Patience, Peer, serve};
pub use self::stop::{Stop, stop_requested};
pub use self::token::Token;
