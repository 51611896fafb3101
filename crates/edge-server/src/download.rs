//! An answer's content as it comes from the origin, given up when nothing of it comes for too long.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::counters::Counters;
use crate::cut::Cut;
use crate::origin::Content;

/// An answer's content as it comes.
#[derive(Debug)]
pub(crate) struct Download {
    content: Content,
    wait: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    counters: Arc<Counters>,
}

impl Download {
    pub(crate) fn new(content: Content, wait: Duration, counters: &Arc<Counters>) -> Self {
        Self { content, wait, waiting: None, counters: Arc::clone(counters) }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.content.body).poll_frame(context) {
            self.waiting = None;
            match &frame {
                Some(Ok(frame)) => {
                    let bytes = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
                    self.counters.bytes_received.fetch_add(bytes, Ordering::Relaxed);
                }
                Some(Err(_)) => {
                    self.counters.cut.fetch_add(1, Ordering::Relaxed);
                }
                None => {}
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| Cut::Early)));
        }
        let wait = self.wait;
        ready!(self.waiting.get_or_insert_with(|| Box::pin(sleep(wait))).as_mut().poll(context));
        self.waiting = None;
        self.counters.cut.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Err(Cut::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.content.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.body.size_hint()
    }
}
