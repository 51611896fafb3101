//! Processor time from look to look: what was taken since the last one.

use std::collections::HashMap;

use tokio::time::Instant;

use super::process::Process;
use crate::machine::processor_ticks_of_machine;

/// What was seen at the last look.
#[derive(Default)]
pub(super) struct Looks {
    machine: Option<(f64, f64)>,
    processes: HashMap<String, (f64, Instant)>,
}

impl Looks {
    /// The part of the machine's processors that was busy since the last look, from 0 to 1; `None` at the first.
    pub(super) fn machine(&mut self) -> Option<f64> {
        let (busy, all) = processor_ticks_of_machine()?;
        let (busy_then, all_then) = self.machine.replace((busy, all))?;
        (all > all_then).then(|| ((busy - busy_then) / (all - all_then)).clamp(0.0, 1.0))
    }

    /// The cores that a process used since the last look; `None` at the first.
    pub(super) fn process(&mut self, name: &str, process: &Process) -> Option<f64> {
        let (seconds, now) = (process.processor_seconds()?, Instant::now());
        let (seconds_then, then) = self.processes.insert(name.to_owned(), (seconds, now))?;
        let elapsed = now.duration_since(then).as_secs_f64();
        (elapsed > 0.0).then(|| ((seconds - seconds_then) / elapsed).max(0.0))
    }
}
