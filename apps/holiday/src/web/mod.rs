//! The plain HTTP side: bodies, caching, health, images and static files, and what comes before every request's handler.

mod arrivals;
pub(crate) mod body;
pub(crate) mod caching;
mod compression;
pub(crate) mod decoding;
pub(crate) mod files;
mod hang_up;
pub(crate) mod health;
pub(crate) mod images;
mod network;
mod overload;
pub(crate) mod own_site;
mod peer;
mod readiness;
mod site;
mod traffic;
mod validators;
pub(crate) mod webhook;
mod workers;

pub(crate) use arrivals::Arrivals;
pub(crate) use compression::compressed;
pub(crate) use hang_up::HangUp;
pub use network::Network;
pub use overload::Limits;
pub(crate) use overload::{Gate, KeepsPlace, unavailable};
pub(crate) use peer::Origin;
pub(crate) use readiness::Readiness;
pub(crate) use site::Site;
pub use traffic::Traffic;
pub(crate) use traffic::claims;
pub(crate) use validators::Conditions;
pub use workers::Capacity;
pub(crate) use workers::{Workers, WorkersSeen};
