//! What must hold, as a search counts it.
//!
//! Every requirement is a share that may not be exceeded: "p95 at most 500 ms" says that at most 5 % of requests take
//! longer, "errors below 1 %" is one already. A requirement on a mean counts seconds instead, of which at most half may
//! be beyond it. So all of them are judged and put together in one way, and how far a step is from its limit has a
//! meaning beyond yes and no.

use serde::{Deserialize, Serialize};

/// Something that must hold, and breaks under too much load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// What it is called: `search p95`.
    pub name: String,
    /// The limit in words: `500ms`.
    pub limit: String,
    /// The share that may be bad, above 0 and below 1.
    pub permitted: f64,
}

/// So many bad ones of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many were bad.
    pub bad: u64,
    /// How many there were.
    pub total: u64,
}

/// What a second of a step showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Second {
    /// What was started in it.
    pub started: u64,
    /// What was under way at its end: started, neither answered nor given up.
    pub under_way: u64,
    /// What could not be started, for want of somebody to do it.
    pub dropped: u64,
    /// What ended in it, and how long that took in sum, in seconds.
    pub ended: u64,
    /// See [`ended`](Self::ended).
    pub took_s: f64,
    /// One count for each requirement, in their order.
    pub counts: Vec<Count>,
}
