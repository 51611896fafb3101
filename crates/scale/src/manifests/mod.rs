//! Policies and deployments as people have them: manifests of Kubernetes and of KEDA.

mod deployment;
mod error;
mod forms;
mod hpa;
mod keda;
mod quantity;
mod read;
mod times;
mod written;

pub use deployment::Deployed;
pub use error::ManifestError;
pub use keda::{Fallback, FallbackBehavior, Modifiers, Scaled, Trigger};
pub use quantity::parse_milli;
pub use read::{Declared, DeclaredKind, Manifests};
pub use times::{Times, TimesError};
pub use written::{Intended, Pods, Whys, WriteError, Written, write};
