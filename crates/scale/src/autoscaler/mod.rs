//! Who decides how many replicas there are: Kubernetes' autoscaler, others, or nobody.

mod aim;
mod decision;
mod hours;
mod hpa;
mod keda;
mod words;

pub use decision::{Autoscaler, Decision, Fixed};
pub use hpa::{Hpa, PolicyError};
pub use keda::Keda;
