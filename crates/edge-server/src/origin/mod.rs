//! The other side: connections to what the edge stands in front of.

mod address;
mod client;
mod connector;
mod failure;
mod gate;
mod health;
mod outgoing;

pub use address::{Origin, OriginError};
pub(crate) use client::{Content, OriginClient, Upgrades};
pub(crate) use failure::Failure;
pub(crate) use gate::{Gate, Urgency};
pub(crate) use health::Health;
pub(crate) use outgoing::{ContentEnded, Outgoing};
