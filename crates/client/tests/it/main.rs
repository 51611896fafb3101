//! The client against real servers: nginx where it behaves, servers of our own where it must not.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod behaviour;
mod bombs;
mod floods;
mod http2;
mod misbehaviour;
mod nginx;
mod pool;
mod server;
mod tls;
mod unasked;
