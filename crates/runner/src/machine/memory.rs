//! How much memory there is for this process, and what a realm may take of it unless an option says otherwise.

use super::{control_group, proc};

/// The least and the most that a realm gets by default, in bytes: room for what scripts honestly keep, and an end to
/// what a script does not mean before the machine suffers.
const LEAST: u64 = 256 << 20;
const MOST: u64 = 4 << 30;

/// The memory of this machine in bytes; 0 where the system does not tell.
pub(crate) fn memory_bytes() -> u64 {
    proc::machine_memory().map_or(0, |memory| memory.total)
}

/// The default limit of one realm: a quarter of the memory; `None` where the system does not tell how much there is.
pub fn of_a_realm() -> Option<usize> {
    let machine = proc::machine_memory().map(|memory| memory.total);
    let memory = [machine, control_group::memory_limit()].into_iter().flatten().min()?;
    usize::try_from((memory / 4).clamp(LEAST, MOST)).ok()
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
