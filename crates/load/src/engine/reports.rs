//! What workers tell the hub and each other.

use loadline_measure::Window;
use tokio::time::Instant;

use super::outcome::EngineError;

/// What a worker measured until the end of a second. The queue is bounded; a worker that finds it full keeps its
/// window and merges the next one into it.
#[derive(Debug)]
pub(super) struct WindowReport {
    pub(super) worker: usize,
    pub(super) second: u64,
    pub(super) window: Window,
}

/// What happens seldom: a few times per worker, and at most once per virtual user.
#[derive(Debug)]
pub(super) enum Event {
    /// All of a worker's virtual users are prepared.
    Ready,
    /// The run cannot go on.
    Failed(EngineError),
    /// An iteration asked for the end of the run.
    Aborted(String),
    /// A worker has delivered its last window; its users were done `at`.
    Finished { worker: usize, at: Instant, lost_samples: u64 },
    /// A worker is gone.
    Exited { worker: usize, panic: Option<String> },
}

/// An arrival for which its worker had no free virtual user, given to a sibling whose `free` count the sender has
/// lowered for it: the user is there. There are never more offers than virtual users.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    pub(super) scenario: usize,
    pub(super) scheduled: Instant,
}

/// The text of a panic.
pub(super) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)").to_owned()
}
