//! Runs that are told over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod door;
mod events;
mod told;
