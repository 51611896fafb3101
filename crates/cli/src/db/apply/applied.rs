//! What was looked at, and what came of it.

use loadline_advise::apply::{Built, Look, Obstacle};

/// What is to be told.
pub(super) struct Applied {
    pub(super) looks: Vec<Look>,
    /// Transactions that a build waits for: process, seconds, application.
    pub(super) old: Vec<(i32, f64, String)>,
    /// Bytes that are free where the server's data is, if that is known.
    pub(super) free: Option<u64>,
    /// What came of each, where it was to be built.
    pub(super) built: Vec<Option<Result<Built, String>>>,
}

impl Applied {
    /// Bytes that all of them may take.
    pub(super) fn wanted(&self) -> f64 {
        self.looks.iter().filter(|look| is_to_build(look)).map(|look| look.bytes).sum()
    }

    /// Whether there may be too little room.
    pub(super) fn is_tight(&self) -> bool {
        // What is sorted is written once more while it is built.
        self.free.is_some_and(|free| 2.0 * self.wanted() > free as f64)
    }
}

/// Whether there is something to do.
pub(super) fn is_to_build(look: &Look) -> bool {
    matches!(look.obstacle, None | Some(Obstacle::Invalid(_)))
}
