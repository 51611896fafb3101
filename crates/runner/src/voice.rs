//! Who is told what goes on in a run.
//!
//! The runner prints nothing: a terminal, a plain log, a page and a test are all a [`Voice`]. It is told from several
//! threads (the hub's, the sampler's, the one that takes signals), so it is shared, and it must come back soon: what is
//! said to it holds up whoever says it.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, Schema, Window};
use loadline_report::Phase;

/// How much something that is said matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something plain.
    Note,
    /// What a reader of the figures should know.
    Warning,
    /// What went wrong.
    Error,
}

/// The answer of a command: how it ended, in words, whatever was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How much it matters.
    pub tone: Tone,
    /// A line, or a few where names are long.
    pub text: String,
}

/// A second of a run that is over, in all that a live view needs.
#[derive(Clone, Copy, Debug)]
pub struct Second<'a> {
    /// The time since the scenarios started.
    pub elapsed: Duration,
    /// What the window's numbers are of.
    pub schema: &'a Schema,
    /// What was measured in this second.
    pub window: &'a Window,
    /// How far each scenario is.
    pub progress: &'a [ScenarioProgress],
}

/// Who is told what goes on.
pub trait Voice: Send + Sync {
    /// Says a line; hints stand on lines of their own.
    fn say(&self, tone: Tone, text: &str);

    /// The run is in another phase now.
    fn phase(&self, _: Phase) {}

    /// Another second of the run is over.
    fn second(&self, _: Second<'_>) {}

    /// The run is over: nothing more moves.
    fn close(&self) {}
}

impl dyn Voice + '_ {
    /// Says something plain.
    pub fn note(&self, text: &str) {
        self.say(Tone::Note, text);
    }

    /// Says what it all came to, last.
    pub fn answer(&self, answer: &Answer) {
        self.say(answer.tone, &answer.text);
    }

    /// Says what a reader of the figures should know.
    pub fn warn(&self, text: &str) {
        self.say(Tone::Warning, text);
    }

    /// Says what went wrong.
    pub fn error(&self, text: &str) {
        self.say(Tone::Error, text);
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence;

impl Voice for Silence {
    fn say(&self, _: Tone, _: &str) {}
}
