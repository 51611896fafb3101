//! What `/proc` says of a process, read from its text (proc(5)).

/// Resident memory in bytes, from `/proc/PID/status`; `None` for one without memory: a kernel thread, or a process that
/// has ended and is not yet buried.
pub(crate) fn resident_bytes(status: &str) -> Option<u64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?;
    kib.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// When a process started, in clock ticks since the machine did: field 22 of `/proc/PID/stat`, counted behind the
/// command's closing bracket because a command may contain spaces and brackets. With the id it names a process for good:
/// an id alone is given away again.
pub(crate) fn start_ticks(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lines_that_count() {
        let status = "Name:\tholiday\nVmHWM:\t  90000 kB\nVmRSS:\t   61452 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(resident_bytes(status), Some(61_452 * 1024));
        assert_eq!(resident_bytes("Name:\tkthreadd\nState:\tS\n"), None);
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 70 30 0 0 20 0 1 0 8675309 100 25";
        assert_eq!(start_ticks(stat), Some(8_675_309));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(VmRSS:)?[0-9kB \n\t)]{0,40}") {
            let _ = (resident_bytes(&text), start_ticks(&text));
        }
    }
}
