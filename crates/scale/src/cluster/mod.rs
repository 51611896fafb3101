//! A cluster as far as scaling is concerned: replicas that take time to come and to go, nodes that take longer, and
//! readings that are late.

mod deployment;
mod nodes;
mod replica;
mod seen;
mod times;

pub(crate) use deployment::Deployment;
pub(crate) use nodes::Nodes;
pub(crate) use replica::{Scraped, Stage};
pub(crate) use seen::pods;
pub use seen::{CONTAINER, Seen, Signal};
pub use times::{Balance, NodeTimes, PodTimes, ScrapeTimes};
