//! How much memory there is for this process, and what a realm may take of it unless an option says otherwise.

use super::processor;

/// The least and the most that a realm gets by default, in bytes: room for what scripts honestly keep, and an end to
/// what a script does not mean before the machine suffers.
const LEAST: u64 = 256 << 20;
const MOST: u64 = 4 << 30;

/// The default limit of one realm: a quarter of the memory; `None` where the system does not tell how much there is.
pub fn of_a_realm() -> Option<usize> {
    let memory = match (processor::memory_bytes(), of_this_group()) {
        (0, group) => group?,
        (machine, group) => group.map_or(machine, |group| group.min(machine)),
    };
    usize::try_from((memory / 4).clamp(LEAST, MOST)).ok()
}

/// The limit of this process's control group (version 2, then 1), as containers have one.
fn of_this_group() -> Option<u64> {
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_gets_a_part_of_this_machine() {
        let limit = of_a_realm().expect("tests run where the system tells") as u64;
        assert!((LEAST..=MOST).contains(&limit), "{limit}");
    }
}
