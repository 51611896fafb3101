//! Runs in a browser, while they go on.
//!
//! A [`Dashboard`] serves pages on a thread of its own. A run is told to it through a [`Feed`], an output of the run:
//! it hands windows over and waits for nothing. What a second adds is worked out once, on the dashboard's thread, and
//! sent to every viewer as a server-sent event; what was sent lately is kept, and each viewer takes it at its own pace.
//! So a viewer that stalls holds up nobody and costs nothing but its connection: it goes on where it was, or, where
//! that is too long ago, begins with the whole document.
//!
//! Pages load nothing from elsewhere and send nothing anywhere. On loopback whoever is on this machine may look; a
//! dashboard that others can reach asks for a token.

mod address;
mod answer;
mod channel;
mod door;
mod events;
mod feed;
mod follower;
mod histories;
mod inbox;
mod listed;
mod server;
mod service;
mod steered;

pub use address::{AddressError, DEFAULT_ADDRESS, ViewAddress};
pub use channel::Channel;
pub use feed::Feed;
pub use histories::{Histories, Several};
pub use server::{Dashboard, DashboardError};
pub use service::{Shown, Shows};
pub use steered::Steered;
