//! Why a request cannot be put under load.

use loadline_client::{ConfigErrors, Failure};
use loadline_measure::SchemaError;
use loadline_verdict::Problems;

/// What is wrong before anything is sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HitError {
    /// A metric cannot be defined.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A budget makes no sense.
    #[error(transparent)]
    Budget(#[from] Problems),
    /// What the clients have in common makes no sense.
    #[error(transparent)]
    Client(#[from] ConfigErrors),
    /// The URL is none that can be sent to.
    #[error("the request cannot be sent: {0}")]
    Request(#[from] Failure),
}
