//! From a policy that was chosen to the manifests that deploy it, with why each number is what it is.

mod autoscaler;
mod begun;
mod behavior;
mod budget;
mod deployment;
mod metrics;
mod scaled;
mod told;

pub use autoscaler::{Written, write};
pub use told::{Intended, Pods, Whys, WriteError};
