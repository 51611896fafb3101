//! What `/proc` says of this machine and of its processes (proc(5)): the one place that knows its texts.

use std::fs::read_to_string;

/// The memory of this machine in bytes, and what of it can still be had; `None` where the system does not tell.
pub(crate) fn machine_memory() -> Option<MachineMemory> {
    let text = read_to_string("/proc/meminfo").ok()?;
    Some(MachineMemory { total: bytes(&text, "MemTotal:")?, available: bytes(&text, "MemAvailable:")? })
}

/// The memory of a machine in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineMemory {
    pub(crate) total: u64,
    /// Without making others swap.
    pub(crate) available: u64,
}

/// The text of `/proc/PID/status`.
pub(crate) fn status_of(id: u32) -> Option<String> {
    read_to_string(format!("/proc/{id}/status")).ok()
}

/// The text of `/proc/PID/stat`.
pub(crate) fn stat_of(id: u32) -> Option<String> {
    read_to_string(format!("/proc/{id}/stat")).ok()
}

/// Resident memory in bytes; `None` for a process without memory: a kernel thread, or one that has ended and is not yet
/// buried.
pub(crate) fn resident_bytes(status: &str) -> Option<u64> {
    bytes(status, "VmRSS:")
}

/// The address space of a process in bytes.
pub(crate) fn address_space_bytes(status: &str) -> Option<u64> {
    bytes(status, "VmSize:")
}

/// When a process started, in clock ticks since the machine did. With the id it names a process for good: an id alone
/// is given away again.
pub(crate) fn start_ticks(stat: &str) -> Option<u64> {
    field(stat, 22)
}

/// User and system time of a process so far, in clock ticks.
pub(crate) fn processor_ticks(stat: &str) -> Option<u64> {
    field(stat, 14)?.checked_add(field(stat, 15)?)
}

/// Of `/proc/stat`: the ticks in which processors were busy, and all of them. Its first line has user, nice, system,
/// idle, iowait, irq, softirq and steal.
pub(crate) fn machine_ticks(stat: &str) -> Option<(f64, f64)> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> =
        fields.split_ascii_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let all: f64 = ticks.iter().sum();
    let idle: f64 = ticks.get(3)? + ticks.get(4)?;
    Some((all - idle, all))
}

/// The amount on the line that begins with `key`, which is in kB there, in bytes.
fn bytes(text: &str, key: &str) -> Option<u64> {
    let kib = text.lines().find_map(|line| line.strip_prefix(key))?.trim().strip_suffix("kB")?;
    kib.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// A field of `/proc/PID/stat` by its number in the manual, from the third on: counted behind the command's closing
/// bracket, because a command may contain spaces and brackets.
fn field(stat: &str, number: usize) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(number - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lines_that_count() {
        let status =
            "Name:\tholiday\nVmHWM:\t  90000 kB\nVmSize:\t 99000 kB\nVmRSS:\t   61452 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(resident_bytes(status), Some(61_452 * 1024));
        assert_eq!(address_space_bytes(status), Some(99_000 * 1024));
        assert_eq!(resident_bytes("Name:\tkthreadd\nState:\tS\n"), None);
    }

    #[test]
    fn fields_stand_behind_the_command() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 70 30 0 0 20 0 1 0 8675309 100 25";
        assert_eq!((start_ticks(stat), processor_ticks(stat)), (Some(8_675_309), Some(100)));
        assert_eq!(processor_ticks("nonsense"), None);
    }

    #[test]
    fn a_machine_is_busy_but_when_it_is_idle() {
        assert_eq!(machine_ticks("cpu  10 0 20 60 5 1 2 2 0 0\ncpu0 1 1 1 1\n"), Some((35.0, 100.0)));
        assert_eq!(machine_ticks(""), None);
    }

    #[test]
    fn this_machine_tells() {
        let memory = machine_memory().unwrap();
        assert!(memory.available > 1 << 20 && memory.total >= memory.available, "{memory:?}");
        let own = std::process::id();
        assert!(resident_bytes(&status_of(own).unwrap()) > Some(100_000));
        assert!(start_ticks(&stat_of(own).unwrap()).is_some());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(VmRSS:)?[0-9kB \n\t)]{0,40}") {
            let _ = (resident_bytes(&text), start_ticks(&text), processor_ticks(&text));
        }
    }
}
