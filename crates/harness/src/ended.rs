//! How a load test ended, and the number the shell sees: those of `loadline run`, so that a build treats both alike.

use std::process::ExitCode;

use loadline_load::Why;
use loadline_measure::Run;
use loadline_report::{Line, SummaryOptions, summary};
use loadline_verdict::Verdict;

use crate::error::HarnessError;

/// Why a load test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every threshold passed.
    Passed,
    /// A threshold failed or had no data.
    ThresholdsFailed,
    /// The plan, a threshold or an output is wrong: nothing was run.
    InvalidConfiguration,
    /// Stopped by an interrupt.
    Signal,
    /// An iteration asked for it.
    Aborted,
    /// The harness or a scenario panicked, or the system refused.
    Internal,
    /// The generator could not keep up, and the test was to fail then.
    GeneratorSaturated,
}

impl Ending {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::ThresholdsFailed => 99,
            Self::InvalidConfiguration => 104,
            Self::Signal => 105,
            Self::Aborted => 108,
            Self::Internal => 109,
            Self::GeneratorSaturated => 111,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

impl From<&HarnessError> for Ending {
    fn from(error: &HarnessError) -> Self {
        use loadline_load::EngineError;
        match error {
            HarnessError::Thresholds(_)
            | HarnessError::Schema(_)
            | HarnessError::Client(_)
            | HarnessError::Output(_)
            | HarnessError::Engine(EngineError::Plan(_) | EngineError::Schema(_)) => {
                Self::InvalidConfiguration
            }
            HarnessError::Engine(_) | HarnessError::Start(_) => Self::Internal,
        }
    }
}

/// A load test that is over: measured and judged.
#[derive(Debug)]
pub struct Ended {
    /// Everything that was measured. `run.meta.saturation` says whether it can be trusted.
    pub run: Run,
    /// The judgement of each threshold.
    pub verdicts: Vec<Verdict>,
    /// Why the engine stopped.
    pub why: Why,
    /// How it ended.
    pub ending: Ending,
    /// What a reader should know and the figures do not say.
    pub warnings: Vec<String>,
}

impl Ended {
    pub(crate) fn new(
        run: Run,
        verdicts: Vec<Verdict>,
        why: Why,
        warnings: Vec<String>,
        fail_on_saturation: bool,
    ) -> Self {
        let saturated = fail_on_saturation && run.meta.saturation.is_some();
        let ending = match &why {
            Why::Stopped | Why::StoppedNow => Ending::Signal,
            Why::Aborted(_) => Ending::Aborted,
            Why::Finished | Why::Observer(_) if saturated => Ending::GeneratorSaturated,
            Why::Observer(_) => Ending::ThresholdsFailed,
            Why::Finished if verdicts.iter().any(|verdict| verdict.fails) => Ending::ThresholdsFailed,
            Why::Finished => Ending::Passed,
        };
        Self { run, verdicts, why, ending, warnings }
    }

    /// The end-of-test summary, as `loadline run` shows it.
    pub fn summary(&self, options: &SummaryOptions) -> Vec<Line> {
        summary(&self.run, &self.verdicts, options)
    }
}
