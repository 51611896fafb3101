//! How a script can fail before, between and after its iterations.

use std::time::Duration;

use loadline_measure::SchemaError;

use super::aside::Left;
use crate::compile::CompileError;
use crate::vm::CallError;

/// Why a script could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It does not compile: a missing file, a syntax error, an unknown module.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Its init code threw, or did not end.
    #[error("init code of `{script}`: {fault}")]
    Init {
        /// The entry file.
        script: String,
        /// What happened.
        fault: Fault,
    },
    /// A metric of its own has the name of another.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// How a call into a script ended badly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An exception that nobody caught, with its stack in the script's own positions.
    #[error("{0}")]
    Exception(String),
    /// The users of its realm needed more memory than they may have; with the place where they did.
    #[error("{0}")]
    OutOfMemory(String),
    /// It took longer than it may.
    #[error("it did not end within {}", loadline_units::time_of(*.0))]
    TimedOut(Duration),
    /// It asked for the end of the test, for this reason.
    #[error("{0}")]
    Aborted(String),
    /// The run was stopped meanwhile.
    #[error("interrupted")]
    Interrupted,
}

impl From<Left> for Fault {
    fn from(left: Left) -> Self {
        match left {
            Left::Overdue(limit) => Self::TimedOut(limit),
            Left::Interrupted => Self::Interrupted,
            Left::Broken => Self::Exception("its thread could not be started, or broke down".to_owned()),
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Interrupted => Self::Interrupted,
            CallError::TimedOut { limit } => Self::TimedOut(limit),
            CallError::Terminated(reason) => Self::Aborted(reason),
            CallError::OutOfMemory { .. } => Self::OutOfMemory(error.to_string()),
            CallError::Thrown(_) | CallError::Machine(_) => Self::Exception(error.to_string()),
        }
    }
}
