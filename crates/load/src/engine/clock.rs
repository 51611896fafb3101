//! The clocks beside tokio's: the calendar, for stamps, and the processor time of this process.

use std::time::Duration;

use loadline_measure::unix_time;
use tokio::time::Instant;

/// Turns instants of a run into calendar time: read once at the start, so that stamps never jump.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    start: Instant,
    start_unix_ns: i64,
}

impl Calendar {
    /// A calendar whose run starts at `start`, which is not far from now.
    pub(super) fn starting_at(start: Instant) -> Self {
        let wait = start.saturating_duration_since(Instant::now());
        Self { start, start_unix_ns: (unix_time() + wait).as_nanos() as i64 }
    }

    /// Nanoseconds since 1970 UTC.
    pub(super) fn unix_ns(&self, now: Instant) -> i64 {
        self.start_unix_ns + now.saturating_duration_since(self.start).as_nanos() as i64
    }
}

/// The processor time that this process has used, over all its threads; nothing where the system does not tell.
pub(super) fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}
