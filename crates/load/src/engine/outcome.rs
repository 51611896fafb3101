//! How a run ended.

use std::time::Duration;

use loadline_measure::{Saturation, ScenarioProgress, SchemaError};

use super::{DropCause, GeneratorLoad, Stuck, Unaccounted};
use crate::plan::PlanError;
use crate::vu::ProgramError;

/// A run that came to an end, with everything delivered to its observer.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub why: Why,
    /// From the start of the first second to the end of the last iteration.
    pub duration: Duration,
    /// The last state of every scenario.
    pub scenarios: Vec<ScenarioProgress>,
    /// What was planned and not made, by scenarios and causes; of open models what was due when the run ended.
    pub dropped: Vec<Dropped>,
    /// How the generator itself did.
    pub generator: GeneratorLoad,
    /// What it could not keep up with, if its own delay spoils the measurements.
    pub saturation: Option<Saturation>,
    /// Workers that did not answer in time when the run ended, because a virtual user never yielded. What they had
    /// measured since their last whole second is missing.
    pub unresponsive: Vec<Stuck>,
    /// Raw samples that found no room in the stream.
    pub lost_samples: u64,
}

/// Iterations of a scenario that were planned and not made, for one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The scenario's name.
    pub scenario: String,
    /// How many.
    pub count: u64,
    /// Of how many.
    pub planned: u64,
    /// Why.
    pub cause: DropCause,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The plan was done.
    Finished,
    /// [`Control::stop`](crate::Control::stop).
    Stopped,
    /// [`Control::stop_now`](crate::Control::stop_now).
    StoppedNow,
    /// An iteration asked for it ([`IterationEnd::Abort`](crate::IterationEnd::Abort)).
    Aborted(String),
    /// The observer asked for it.
    Observer(String),
}

/// A run that could not be, or not to its end. What was measured before has been delivered to the observer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The plan cannot run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A built-in metric's name is taken by another metric.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A virtual user could not be made.
    #[error("VU {vu} could not be initialised: {source}")]
    Vu {
        /// The user's number on this machine.
        vu: u64,
        /// Why.
        source: ProgramError,
    },
    /// A worker panicked: a defect of the program or of the engine. The others were stopped.
    #[error("worker {worker} panicked: {message}")]
    Panic {
        /// The worker's number, from 0.
        worker: usize,
        /// The panic's message.
        message: String,
    },
    /// Iterations were neither made nor dropped for a cause: a defect of the engine. Everything measured was delivered.
    #[error(
        "the load engine lost count of its iterations, so the run proves nothing: {}; this is a defect of Loadline: please report it with the options of the run",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Unaccounted(Vec<Unaccounted>),
    /// The system gave no thread or no event loop.
    #[error(
        "worker {worker} could not start: {source}; lower the number of workers or raise the system's limits"
    )]
    Start {
        /// The worker's number, from 0.
        worker: usize,
        /// Why.
        source: std::io::Error,
    },
}
