//! How long a server waits, and how it ended.

use std::time::Duration;

/// How long a server waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the whole head of a request.
    pub head: Duration,
    /// For a client to read anything of what was written for it.
    pub write: Duration,
    /// For requests in flight to be answered, when the server stops.
    pub drain: Duration,
}

impl Default for Patience {
    /// 10 s for a head, 30 s for a reader, 10 s for the end.
    fn default() -> Self {
        Self { head: Duration::from_secs(10), write: Duration::from_secs(30), drain: Duration::from_secs(10) }
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in flight was answered.
    Completely,
    /// Some took too long and were cut off.
    CutOff,
}
