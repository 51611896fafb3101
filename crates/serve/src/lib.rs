//! One way to serve: whatever of this project listens, listens through this crate.
//!
//! A server is a [`Bound`] address, a tower service, a [`Patience`] and a future that says when to stop. What the
//! service answers is its own affair; here is what every server needs and few have: a time for a request's head, also
//! before the protocol is known; a time for a client that never reads; an orderly end; a way on when descriptors run
//! out; TLS where it is wanted; many cores, for servers that have that much to do; a [`Token`] for what only its owner
//! may ask.

mod bound;
mod connection;
mod direct;
mod exhaustion;
mod host;
mod page;
mod patience;
mod patient;
mod sealed;
mod serve;
mod stop;
mod token;
mod under_way;
mod workers;

pub use self::bound::{BindError, Bound};
pub use self::connection::{Encrypted, Peer};
pub use self::host::is_this_machine;
pub use self::page::Page;
pub use self::patience::{Drained, Patience};
pub use self::sealed::{sealed, sealed_count};
pub use self::serve::serve;
pub use self::stop::{Stop, stop_requested};
pub use self::token::Token;
pub use self::workers::serve_on_workers;
