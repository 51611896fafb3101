//! Replicas of the reference system behind a small balancer, scaled by a policy while a load goes up and down.

mod balancer;
mod drive;
mod driver;
mod fleet;
mod health;
mod pool;
mod replica;
mod scrape;

pub use balancer::Requests;
pub use drive::{Drive, DriveSettings};
pub use driver::{Driven, Going};
pub use fleet::Fates;
pub use pool::Spread;
pub use replica::ReplicaSettings;
pub(crate) use scrape::{ask, is_ready};
