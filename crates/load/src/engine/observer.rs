//! Who watches a run: called once a second with what was measured, and able to stop it.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, Window};

use super::stuck::Stuck;

/// Watches a run from the caller's own thread. A slow observer delays itself only: workers keep what they measured.
pub trait Observer {
    /// Virtual users are being prepared: `done` of `total`.
    fn initialising(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// All virtual users are ready, and the run waits for somebody who resumes it.
    fn held(&mut self) {}

    /// The second with this number (from 0) is over; `window` is what was measured in it. Every second is reported,
    /// in order; the last one is incomplete, and left out when nothing was measured in it. A window that a busy worker
    /// delivers late is in the second after.
    fn second(&mut self, second: u64, window: Window, progress: &[ScenarioProgress]) -> Directive;

    /// How the generator itself did in that second; called after [`Observer::second`].
    fn generator(&mut self, second: u64, load: &GeneratorLoad) {
        let _ = (second, load);
    }

    /// A worker's event loop has not turned for a while, because an iteration does not yield: the other users of its
    /// thread wait. Called once for each user that does so.
    fn stuck(&mut self, stuck: &Stuck) {
        let _ = stuck;
    }
}

/// What is to happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// The run goes on.
    Continue,
    /// The run ends, for this reason; running iterations are interrupted.
    Stop(String),
}

/// How busy the load generator was: for one second, or for a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GeneratorLoad {
    /// The time it covers.
    pub elapsed: Duration,
    /// The processor time of this process, over all cores; nothing where the system does not tell.
    pub cpu: Duration,
    /// The worker threads, and so the cores that it can use.
    pub workers: usize,
    /// The longest that an event loop came too late for a timer (whose own resolution is 1 ms).
    pub loop_lag_max: Duration,
    /// The average of the same.
    pub loop_lag_mean: Duration,
    /// Iterations of open models that started more than [`GeneratorLoad::LATE`] after their scheduled time.
    pub late_starts: u64,
    /// Iterations of open models that started.
    pub open_starts: u64,
    /// File descriptors that are open at its end, sockets included; 0 where the system does not tell.
    pub open_files: u64,
    /// File descriptors that may be open; 0 where the system does not tell.
    pub open_files_limit: u64,
}

impl GeneratorLoad {
    /// From this lag on a start is late.
    pub const LATE: Duration = Duration::from_millis(10);

    /// The cores in use, for example 1.5.
    pub fn cores(&self) -> f64 {
        if self.elapsed.is_zero() { 0.0 } else { self.cpu.as_secs_f64() / self.elapsed.as_secs_f64() }
    }
}
