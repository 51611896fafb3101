//! A day in a cluster, in seconds: traffic in, a Run out.

mod engine;
mod foreseen;
mod ledger;
mod observer;
mod recorded;
mod scenario;

pub use engine::simulate;
pub use foreseen::{Shortage, shortage};
pub use ledger::{Change, LOST, Ledger, Lost};
pub use observer::{Observer, State};
pub use recorded::{About, Recorded};
pub use scenario::{FOLLOWED_PER_S, FOLLOWED_REPLICAS, Scenario, ScenarioError};
