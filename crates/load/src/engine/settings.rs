//! How a plan is run on this machine.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_measure::{Sample, Schema, TraceSender};

use crate::segment::Segment;

/// How a plan is run on this machine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most worker threads; there are never more than virtual users. One per core by default.
    pub workers: usize,
    /// Where metrics and tags are defined.
    pub schema: Arc<Schema>,
    /// Where raw samples go, if anywhere; what finds no room is counted in
    /// [`Outcome::lost_samples`](crate::Outcome::lost_samples).
    pub samples: Option<SyncSender<Vec<Sample>>>,
    /// Where requests go that carried a trace, if anywhere.
    pub traces: Option<TraceSender>,
    /// This machine's part of the plan; the whole by default.
    pub segment: Segment,
    /// A virtual user waits until this long has passed since the iteration's start before it starts another.
    pub min_iteration_duration: Duration,
    /// How long an interrupted iteration may take to end before it is dropped with its virtual user, and how long a
    /// worker may then take to answer before the run returns without it. One second by default.
    pub patience: Duration,
    /// The process ends after the run: users are left as they are, not dropped, so that nothing of theirs comes between
    /// the results and their reader. Off by default.
    pub leave_users: bool,
}

impl Settings {
    /// The defaults.
    pub fn new(schema: Arc<Schema>) -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(1, NonZero::get),
            schema,
            samples: None,
            traces: None,
            segment: Segment::whole(),
            min_iteration_duration: Duration::ZERO,
            patience: Duration::from_secs(1),
            leave_users: false,
        }
    }
}
