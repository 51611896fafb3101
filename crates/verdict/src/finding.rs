//! What the series of a requirement say, before it is a verdict.

use crate::share::Certainty;
use crate::verdict::{Interval, Outcome};

/// What a threshold's series says; the fields are those of the verdict.
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    pub(crate) observed: Option<f64>,
    pub(crate) interval: Option<Interval>,
    pub(crate) exact: bool,
    pub(crate) values: u64,
    pub(crate) evidence: String,
    pub(crate) certainty: Option<Certainty>,
    pub(crate) more_s: Option<f64>,
}

impl Finding {
    /// Nothing that could be judged.
    pub(crate) fn none(evidence: String) -> Self {
        Self {
            outcome: Outcome::NoData,
            observed: None,
            interval: None,
            exact: false,
            values: 0,
            evidence,
            certainty: None,
            more_s: None,
        }
    }
}
