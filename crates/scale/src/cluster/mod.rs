//! A cluster as far as scaling is concerned: replicas that take time to come and to go, nodes that take longer, and
//! readings that are late.

pub(crate) mod alike;
mod deployment;
mod nodes;
mod readings;
mod replica;
mod seen;
mod sight;
mod times;
mod work;

pub(crate) use deployment::Deployment;
pub(crate) use nodes::Nodes;
pub(crate) use readings::{Scraped, Stretch};
pub(crate) use replica::Stage;
pub(crate) use seen::pods;
pub use seen::{CONTAINER, Seen};
pub use sight::{RATE_WINDOW_S, Sight, Signal};
pub use times::{Balance, NodeTimes, PodTimes, ScrapeTimes};
