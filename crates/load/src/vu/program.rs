//! What is run: a program makes one worker per thread, a worker makes virtual users, a virtual user iterates.
//!
//! Only the program crosses threads. Workers and users live and die on their worker's thread, so that a script
//! engine needs no lock; their futures are `!Send`.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;

use loadline_measure::Recorder;

use super::{Iteration, IterationEnd, VuId};
use crate::engine::EngineState;

/// What a run executes: a script, or a Rust closure.
pub trait Program: Send + Sync + 'static {
    /// What each worker thread has one of.
    type Worker: Worker + 'static;

    /// Makes a worker; called on the worker's own thread.
    fn worker(&self, context: WorkerContext) -> Self::Worker;
}

/// The program on one thread.
pub trait Worker {
    /// A virtual user.
    type Vu: Vu + 'static;

    /// Makes a virtual user: before the run, or in mid-run when an open model needs one more. It may take its time,
    /// but the other users of this thread wait while it computes.
    fn vu(&mut self, id: VuId) -> impl Future<Output = Result<Self::Vu, ProgramError>>;

    /// The last iteration of this worker is over, and its windows are delivered. The run ends when this returns.
    fn end(&mut self) {}
}

/// A virtual user.
pub trait Vu {
    /// Runs one iteration. When `iteration.interrupt` is set it is to return soon; one that does not is dropped,
    /// with its user, after [`Settings::patience`](crate::Settings::patience).
    fn iterate(&mut self, iteration: &Iteration) -> impl Future<Output = IterationEnd>;
}

/// What a worker gets to know.
#[derive(Debug, Clone)]
pub struct WorkerContext {
    /// The worker's number, from 0.
    pub worker: usize,
    /// The recorder of this worker; borrow it only between two awaits.
    pub recorder: Rc<RefCell<Recorder>>,
    /// The state of the whole run on this machine.
    pub engine: Arc<EngineState>,
}

/// Why a virtual user could not be made.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ProgramError(Box<dyn Error + Send + Sync>);

impl ProgramError {
    /// Wraps the program's own error, or a text.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// The program's own error, when it was of this type.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}
