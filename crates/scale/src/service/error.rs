//! What can be wrong with a model of a service.

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// A mean that cannot be.
    #[error("a service time has a mean above zero")]
    Mean,
    /// A deviation that cannot be.
    #[error(
        "the deviation of a service time is a number from 0 on: 0 for always the same, 1 for exponential"
    )]
    Deviation,
    /// There is nothing to go by.
    #[error("no response time was measured, so there is no service time to be had of it")]
    NothingMeasured,
    /// No worker.
    #[error("a replica that works on no request at a time answers none: its concurrency is at least 1")]
    NoWorkers,
}
