//! Requests that carried a trace, on their way to whoever knows the spans of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use crate::tags::TagSetId;

/// A request that carried a trace, and has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedRequest {
    /// The trace.
    pub trace: u128,
    /// The request's own span, which the server's is a child of.
    pub span: u64,
    /// Its tags.
    pub tags: TagSetId,
    /// When it ended, in nanoseconds since 1970 UTC.
    pub ended_unix_ns: i64,
    /// What its user waited, late start included, in nanoseconds: its response time.
    pub total_ns: u64,
    /// From the last byte written until the first byte read, in nanoseconds.
    pub waiting_ns: u64,
    /// Whether there was an answer.
    pub answered: bool,
    /// Whether the answer itself has told what the server did.
    pub told: bool,
}

/// Where such requests go. What finds no room is counted.
#[derive(Debug, Clone)]
pub struct TraceSender {
    sender: SyncSender<Vec<TracedRequest>>,
    lost: Arc<AtomicU64>,
}

impl TraceSender {
    /// One that sends into this channel.
    pub fn new(sender: SyncSender<Vec<TracedRequest>>) -> Self {
        Self { sender, lost: Arc::default() }
    }

    /// How many requests found no room in the channel, whoever sent them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// The requests of one worker that are not sent yet.
#[derive(Debug)]
pub(crate) struct TraceBatch {
    to: TraceSender,
    batch: Vec<TracedRequest>,
}

const BATCH: usize = 256;

impl TraceBatch {
    pub(crate) fn new(to: TraceSender) -> Self {
        Self { to, batch: Vec::with_capacity(BATCH) }
    }

    #[inline]
    pub(crate) fn push(&mut self, request: TracedRequest) {
        self.batch.push(request);
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    pub(crate) fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if let Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) =
            self.to.sender.try_send(batch)
        {
            self.to.lost.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::recorder::Recorder;
    use crate::schema::Schema;

    #[test]
    fn requests_come_in_batches_and_what_finds_no_room_is_counted() {
        let request = |trace| TracedRequest {
            trace,
            span: 1,
            tags: TagSetId::EMPTY,
            ended_unix_ns: 0,
            total_ns: 5,
            waiting_ns: 3,
            answered: true,
            told: false,
        };
        let mut recorder = Recorder::new(Schema::new());
        recorder.traced(|| panic!("nobody asks"));
        let (sender, receiver) = sync_channel(1);
        let sender = TraceSender::new(sender);
        recorder.trace(sender.clone());
        for trace in 0..BATCH as u128 + 3 {
            recorder.traced(|| request(trace));
        }
        recorder.take_window();
        assert_eq!(receiver.recv().unwrap().len(), BATCH);
        assert_eq!(sender.lost(), 3);
        recorder.traced(|| request(9));
        recorder.take_window();
        assert_eq!(receiver.recv().unwrap(), [request(9)]);
        drop(receiver);
        recorder.traced(|| request(9));
        recorder.take_window();
        assert_eq!(sender.lost(), 4);
    }
}
