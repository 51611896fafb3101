//! Raw samples on their way to the outputs that want them.
//!
//! They are written on a thread of their own, so that a slow disk delays neither the workers nor the hub. The queue
//! is bounded; what found no room is counted by those who sent it and told by the output at its end.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use loadline_measure::Sample;
use loadline_report::{Event, Output, OutputError};

/// Batches that may wait for the disk.
const QUEUE: usize = 1024;

/// An output that may be fed from another thread.
pub(crate) type SendOutput = Box<dyn Output + Send>;

/// A thread that feeds raw samples to outputs.
pub(crate) struct SampleWriter {
    thread: JoinHandle<Written>,
}

/// What the thread leaves behind: the outputs that are still whole, and what ended the others.
pub(crate) struct Written {
    pub(crate) outputs: Vec<SendOutput>,
    pub(crate) errors: Vec<OutputError>,
}

impl SampleWriter {
    /// Starts it. Dropping all clones of the sender ends it.
    pub(crate) fn start(outputs: Vec<SendOutput>) -> Result<(SyncSender<Vec<Sample>>, Self)> {
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("samples".to_owned())
            .spawn(move || write(outputs, &receiver))?;
        Ok((sender, Self { thread }))
    }

    /// Waits for what is still queued, and hands the outputs back with the errors that ended some of them.
    pub(crate) fn finish(self) -> Result<Written> {
        self.thread.join().map_err(|_| anyhow!("the thread that writes samples panicked"))
    }
}

fn write(mut outputs: Vec<SendOutput>, receiver: &Receiver<Vec<Sample>>) -> Written {
    let mut errors = Vec::new();
    for batch in receiver {
        outputs.retain_mut(|output| match output.event(&Event::Samples(&batch)) {
            Ok(()) => true,
            Err(error) => {
                errors.push(error);
                false
            }
        });
    }
    Written { outputs, errors }
}
