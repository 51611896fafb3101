//! Processor time: what the load generator took, and what the system it was aimed at took.

use rustix::time::{ClockId, clock_gettime};

use super::proc;

/// User and system time of this process so far, in seconds.
pub fn of_this_process() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// User and system time of another process so far, in seconds; `None` where `/proc` does not tell.
pub fn of_process(id: u32) -> Option<f64> {
    let ticks = proc::processor_ticks(&proc::stat_of(id)?)?;
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The time of all of this machine's processors so far: what was busy, and all there was, in units of their own; `None`
/// where the system does not tell.
pub fn of_machine() -> Option<(f64, f64)> {
    proc::machine_ticks(&std::fs::read_to_string("/proc/stat").ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_took_some_time() {
        assert!(of_this_process() > 0.0);
        assert!(of_process(std::process::id()).is_some());
    }
}
