//! Who watches a run: called once a second with what was measured, and able to stop it.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, Window};

/// Watches a run from the caller's own thread. A slow observer delays itself only: workers keep what they measured.
pub trait Observer {
    /// Virtual users are being prepared: `done` of `total`.
    fn initialising(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// The second with this number (from 0) is over; `window` is what was measured in it. Every second is reported,
    /// in order; the last one is incomplete, and left out when nothing was measured in it. A window that a busy worker
    /// delivers late is in the second after.
    fn second(&mut self, second: u64, window: Window, progress: &[ScenarioProgress]) -> Directive;

    /// How the generator itself did in that second; called after [`Observer::second`].
    fn generator(&mut self, second: u64, load: &GeneratorLoad) {
        let _ = (second, load);
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
}

impl GeneratorLoad {
    /// From this lag on a start is late.
    pub const LATE: Duration = Duration::from_millis(10);

    /// The cores in use, for example 1.5.
    pub fn cores(&self) -> f64 {
        if self.elapsed.is_zero() { 0.0 } else { self.cpu.as_secs_f64() / self.elapsed.as_secs_f64() }
    }

    /// Whether the generator was the bottleneck, so that what it measured is partly its own delay: it used more than
    /// nine tenths of its cores, or its event loops came 10 ms late on average.
    pub fn is_saturated(&self) -> bool {
        self.cores() > 0.9 * self.workers as f64 || self.loop_lag_mean >= Self::LATE
    }
}
