//! Processor time: what the load generator took, and what the system it was aimed at took.

use rustix::time::{ClockId, clock_gettime};

/// User and system time of this process so far, in seconds.
pub fn of_this_process() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// User and system time of another process so far, in seconds; `None` where `/proc` does not tell.
pub fn of_process(id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(ticks(&stat)? as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The memory of this machine in bytes; 0 where the system does not tell.
pub(crate) fn memory_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return 0 };
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|total| total.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// `utime` and `stime` of a line of `/proc/PID/stat`: fields 14 and 15, counted behind the command's closing bracket
/// because a command may contain spaces and brackets (proc(5)).
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_behind_the_command() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20 0 1 0 5";
        assert_eq!(ticks(stat), Some(100));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn this_process_took_some_time() {
        assert!(of_this_process() > 0.0);
        assert!(of_process(std::process::id()).is_some());
    }
}
