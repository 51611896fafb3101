//! What keeps a load test from running or from being told.

use loadline_client::ConfigErrors;
use loadline_load::EngineError;
use loadline_measure::SchemaError;
use loadline_report::OutputError;
use loadline_verdict::Problems;

/// A load test that could not run, or whose Run could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// Thresholds that cannot be understood, or on metrics that do not exist.
    #[error("{0}")]
    Thresholds(Problems),
    /// A metric has the name of another.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The client cannot be what it was asked to be.
    #[error(transparent)]
    Client(#[from] ConfigErrors),
    /// The engine could not run the plan, or not to its end.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The Run file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The system gave no event loop.
    #[error("the system gave no event loop: {0}; raise its limits")]
    Start(std::io::Error),
}
