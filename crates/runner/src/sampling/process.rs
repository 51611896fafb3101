//! The resident memory of one process.
//!
//! Without its children: the resident pages that a family shares would count once for each of them, and a helper that
//! comes and goes would look like a leak. Children that matter get a name of their own.

use crate::machine::proc::{resident_bytes, start_ticks, stat_of, status_of};
use crate::machine::processor_seconds_of;

/// A process that was there when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    id: u32,
    start_ticks: u64,
}

impl Process {
    /// The process of this id; `None` when there is none, or when the system has no `/proc`.
    pub fn open(id: u32) -> Option<Self> {
        let start_ticks = start_ticks(&stat_of(id)?)?;
        let process = Self { id, start_ticks };
        process.resident_bytes().map(|_| process)
    }

    /// User and system time of it so far, in seconds; `None` when it has ended.
    pub(super) fn processor_seconds(&self) -> Option<f64> {
        let seconds = processor_seconds_of(self.id)?;
        let now = start_ticks(&stat_of(self.id)?)?;
        (now == self.start_ticks).then_some(seconds)
    }

    /// Its resident memory; `None` when it has ended, also when another one has got its id.
    pub fn resident_bytes(&self) -> Option<u64> {
        let bytes = resident_bytes(&status_of(self.id)?)?;
        // Asked last: the id may have changed hands just before.
        let now = start_ticks(&stat_of(self.id)?)?;
        (now == self.start_ticks).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_another_of_its_id_has_not() {
        let own = Process::open(std::process::id()).unwrap();
        assert!(own.resident_bytes().unwrap() > 100_000);
        let other = Process { start_ticks: own.start_ticks + 1, ..own };
        assert_eq!(other.resident_bytes(), None);
        assert_eq!(Process::open(u32::MAX), None);
    }
}
