//! Who is told what happens in a simulation, second by second.

use super::ledger::Lost;

/// The cluster at the end of a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Replicas that were wanted.
    pub wanted: i32,
    /// Replicas that were ready.
    pub ready: i32,
    /// Nodes that were paid for.
    pub nodes: usize,
    /// Which share of their workers' time the ready replicas were busy, in percent.
    pub busy_percent: f64,
    /// Requests that came.
    pub came: u64,
}

/// Whoever wants to know.
pub trait Observer {
    /// So many requests were answered, so many seconds after they came: more than one where a replica stands for
    /// others.
    fn answered(&mut self, took_s: f64, times: u64);
    /// A request was lost.
    fn lost(&mut self, why: Lost, times: u64);
    /// A second is over.
    fn second(&mut self, second: u64, state: &State);
}
