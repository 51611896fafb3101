//! What keeps a load test from running.

use loadline_client::ConfigErrors;
use loadline_measure::SchemaError;
use loadline_runner::{Ending, Failure, ProjectError};
use loadline_verdict::Problems;

/// A load test that did not run.
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
    /// The project file cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The plan cannot be run, an output cannot be created, or the machine is too small.
    #[error("{}", .0.text())]
    NotRun(Failure),
    /// There could be no event loop, or no thread.
    #[error("could not create an event loop: {0}; raise the system's limits")]
    Start(std::io::Error),
}

impl HarnessError {
    /// How a command ends for it.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Thresholds(_) | Self::Schema(_) | Self::Client(_) | Self::Project(_) => {
                Ending::Configuration
            }
            Self::NotRun(failure) => failure.ending,
            Self::Start(_) => Ending::CouldNotRun,
        }
    }
}
