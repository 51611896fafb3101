//! The reference system with a Prometheus that scrapes it, `loadline watch` over both, a few visitors, and a webhook.

mod prometheus;
mod receiver;
mod system;

pub use receiver::{Notices, receive};
pub use system::{ENDPOINT, WatchedSystem};
