//! An edge in front of origins that do what they like, spoken to over raw sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod busy;
mod collapsing;
mod interim;
mod large;
mod origins;
mod purging;
mod reading_along;
mod rules;
mod serving;
mod support;
mod timing;
mod tls;
mod upgrades;
