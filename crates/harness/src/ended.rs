//! How a load test ended.

use std::process::ExitCode;

use loadline_measure::Run;
use loadline_report::{Line, SummaryOptions, summary};
use loadline_runner::{Answer, Dialect, Ending, Failure};
use loadline_verdict::Verdict;

/// A load test that is over: measured and judged.
#[derive(Debug)]
pub struct Ended {
    /// Everything that was measured. `run.meta.saturation` says whether it can be trusted.
    pub run: Run,
    /// The judgement of each threshold and each budget.
    pub verdicts: Vec<Verdict>,
    /// How it ended.
    pub ending: Ending,
    /// The same in words, to be said last.
    pub answer: Answer,
    /// What a reader should know and the figures do not say.
    pub warnings: Vec<String>,
    /// What went wrong: why it ended early, which output could not be written.
    pub trouble: Vec<Failure>,
}

impl Ended {
    /// The end-of-test summary, as `loadline run` shows it.
    pub fn summary(&self, options: &SummaryOptions) -> Vec<Line> {
        summary(&self.run, &self.verdicts, options)
    }

    /// The process's exit code: that of `loadline run`, so that a build treats both alike.
    pub fn exit_code(&self) -> ExitCode {
        self.ending.code(Dialect::K6).into()
    }
}
