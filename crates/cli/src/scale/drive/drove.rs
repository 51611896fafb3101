//! All that a drive is told of.

use loadline_demo::scaled::Driven;
use loadline_runner::Finished;
use loadline_scale::drive::Prediction;

use super::plan::Planned;

/// What came of a drive, whole.
pub(super) struct Drove<'a> {
    pub(super) planned: &'a Planned,
    pub(super) prediction: &'a Prediction,
    pub(super) driven: &'a Driven,
    pub(super) finished: &'a Finished,
}
