//! What outputs are told, and what they promise.

use loadline_measure::{Run, RunEvent, Sample, ScenarioProgress, Window};
use loadline_verdict::Verdict;

use super::error::OutputError;

/// Something that happened during a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A second is over.
    Second {
        /// Which one, counted from the start of the run.
        second: u64,
        /// What was measured in it.
        window: &'a Window,
        /// Everything measured so far, this second included.
        run: &'a Run,
        /// Where each scenario stands.
        progress: &'a [ScenarioProgress],
    },
    /// Raw samples, in the order in which one worker recorded them. Only for outputs that want them.
    Samples(&'a [Sample]),
    /// This many raw samples were not kept because the outputs could not follow.
    Lost(u64),
}

/// A place a run is written to.
///
/// An error of [`Output::event`] means that the output has a hole from here on: the caller reports it and stops
/// feeding that output. [`Output::finish`] is called once, last, even when the run was interrupted.
pub trait Output {
    /// The place's name for messages, such as the path of its file.
    fn name(&self) -> &str;

    /// Whether it needs [`Event::Samples`], which cost memory and time to collect.
    fn wants_samples(&self) -> bool {
        false
    }

    /// Takes note of something that happened.
    ///
    /// # Errors
    /// When it cannot be written.
    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError>;

    /// What it did to what is under load since it was asked last: the run keeps it, and its charts mark it.
    fn happened(&mut self) -> Vec<RunEvent> {
        Vec::new()
    }

    /// What whoever watches the run should hear, since it was asked last: a receiver that takes nothing just now.
    fn remarks(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Nothing more is to come: what takes time can begin, before any output is waited for.
    fn ending(&mut self) {}

    /// Writes what is left and closes.
    ///
    /// # Errors
    /// When it cannot be written, or when samples were lost on the way.
    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError>;
}
