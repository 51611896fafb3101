//! What a search of a real system is made with, what it tells meanwhile, and what it comes to.

use loadline_measure::Run;
use loadline_runner::SamplingSettings;

use super::counting::Counting;
use super::evidence::Evidence;
use super::processor::Listener;
use super::scale::Scale;
use crate::search::{Known, Purpose};

/// What is searched, and how.
pub struct Searching<'s> {
    /// How the plan is scaled.
    pub scale: &'s Scale,
    /// What is counted.
    pub counting: Counting,
    /// Whether p95 is to be limited by what it is under little load, because nobody said otherwise.
    pub learns_latency: bool,
    /// What is sampled.
    pub sampling: &'s SamplingSettings,
    /// Who answers on this machine, if anybody does.
    pub listener: Option<Listener>,
}

/// What a search tells while it goes on.
pub enum Told<'t> {
    /// A step begins.
    Trying {
        /// All that is known.
        known: &'t Known,
        /// What it is for.
        purpose: Purpose,
        /// The load.
        load: f64,
        /// How long it takes at most, in seconds.
        most_s: f64,
    },
    /// A step is over.
    Tried {
        /// All that is known, the step included.
        known: &'t Known,
        /// What else it showed.
        evidence: &'t Evidence,
    },
    /// What a reader of the figures should know.
    Warning(&'t str),
}

/// What was found.
pub struct Found {
    /// All that is known.
    pub known: Known,
    /// What each step showed beside that.
    pub evidence: Vec<Evidence>,
    /// The run of the last step.
    pub last: Option<Run>,
}
