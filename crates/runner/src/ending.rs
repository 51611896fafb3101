//! How a command ends, and the number the shell sees.
//!
//! `run` uses k6's numbers, so that jobs move over unchanged, and one of its own behind them; every other command has four of its own.

use std::process::ExitCode;

/// Why a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Every threshold passed.
    Passed,
    /// A threshold failed or had no data.
    ThresholdsFailed,
    /// `setup()` took longer than `setupTimeout`.
    SetupTimeout,
    /// `teardown()` took longer than `teardownTimeout`.
    TeardownTimeout,
    /// Script, options or thresholds are wrong: nothing was run.
    InvalidConfiguration,
    /// Stopped by SIGINT or SIGTERM.
    Signal,
    /// An exception in init code or in `setup()`.
    ScriptException,
    /// The script called `test.abort()`.
    Aborted,
    /// Loadline itself failed.
    Internal,
    /// The script called `test.fail()`.
    MarkedFailed,
    /// A budget of another command failed or had no data.
    BudgetsFailed,
    /// What was typed for another command is wrong.
    Usage,
    /// The generator could not keep up, and `--on-saturation fail` was asked for.
    GeneratorSaturated,
    /// An output could not be written, and everything else is well.
    OutputNotWritten,
    /// Another command could not do what it was asked to.
    CouldNotRun,
}

impl Ending {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed | Self::OutputNotWritten => 0,
            Self::BudgetsFailed => 1,
            Self::Usage => 2,
            Self::CouldNotRun => 3,
            Self::ThresholdsFailed => 99,
            Self::SetupTimeout => 100,
            Self::TeardownTimeout => 101,
            Self::InvalidConfiguration => 104,
            Self::Signal => 105,
            Self::ScriptException => 107,
            Self::Aborted => 108,
            Self::Internal => 109,
            Self::MarkedFailed => 110,
            Self::GeneratorSaturated => 111,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}
