//! Raw samples on their way to the outputs that want them.
//!
//! They are written on a thread of their own, so that a slow disk delays neither the workers nor the hub. The queue
//! is bounded; what found no room is counted by those who sent it and told by the output at its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_measure::Sample;
use loadline_report::{Event, Output, OutputError};

/// Batches that may wait for the disk.
const QUEUE: usize = 1024;

/// How often it is looked whether anything more is to come.
const LOOK: Duration = Duration::from_millis(50);

/// An output that may be fed from another thread.
pub type SendOutput = Box<dyn Output + Send>;

/// A thread of ours that did not come to its end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Panicked(pub(crate) &'static str);

/// A thread that feeds raw samples to outputs.
pub(crate) struct SampleWriter {
    thread: JoinHandle<Written>,
    /// Nothing more is to come, although somebody who was left behind may still hold a sender.
    over: Arc<AtomicBool>,
}

/// What the thread leaves behind: the outputs that are still whole, and what ended the others.
pub(crate) struct Written {
    pub(crate) outputs: Vec<SendOutput>,
    pub(crate) errors: Vec<OutputError>,
}

impl SampleWriter {
    /// Starts it. It ends when all clones of the sender are dropped, or when it is finished.
    pub(crate) fn start(outputs: Vec<SendOutput>) -> io::Result<(SyncSender<Vec<Sample>>, Self)> {
        let (sender, receiver) = sync_channel(QUEUE);
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let thread = std::thread::Builder::new()
            .name("samples".to_owned())
            .spawn(move || write(outputs, &receiver, &ended))?;
        Ok((sender, Self { thread, over }))
    }

    /// Waits for what is still queued, and hands the outputs back with the errors that ended some of them.
    pub(crate) fn finish(self) -> Result<Written, Panicked> {
        self.over.store(true, Ordering::Release);
        self.thread.join().map_err(|_| Panicked("the thread that writes samples panicked"))
    }
}

fn write(mut outputs: Vec<SendOutput>, receiver: &Receiver<Vec<Sample>>, over: &AtomicBool) -> Written {
    let mut errors = Vec::new();
    loop {
        // Looked at before the queue: what was sent before the end is there then.
        let last = over.load(Ordering::Acquire);
        let batch = match receiver.recv_timeout(if last { Duration::ZERO } else { LOOK }) {
            Ok(batch) => batch,
            Err(RecvTimeoutError::Timeout) if !last => continue,
            Err(_) => break,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_was_left_behind_keeps_nobody_waiting() {
        let (sender, writer) = SampleWriter::start(Vec::new()).unwrap();
        sender.send(Vec::new()).unwrap();
        assert!(writer.finish().unwrap().errors.is_empty());
        assert!(sender.send(Vec::new()).is_err(), "nobody listens any more");
    }
}
