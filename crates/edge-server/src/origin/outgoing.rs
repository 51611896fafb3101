//! The content of a request on its way to the origin: passed on as it comes, and given up when nothing comes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// What goes along with a request to the origin.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Nothing.
    None,
    /// This; it can be sent again.
    Whole(Option<Bytes>),
    /// What a client sends.
    Streamed(Upload),
}

/// A client's content.
#[derive(Debug)]
pub(crate) struct Upload {
    body: Incoming,
    wait: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    progress: Arc<Progress>,
}

/// How many pieces of content have gone, for whoever waits for an answer meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU64);

/// How a client's content ended before it was whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentEnded {
    /// Its connection ended, or it is malformed.
    Early,
    /// Nothing came for too long.
    TooSlow,
}

/// The same, as an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UploadError(pub(super) ContentEnded);

impl fmt::Display for ContentEnded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Early => "the content of the request ended early, or is malformed",
            Self::TooSlow => "the content of the request came too slowly",
        })
    }
}

impl Outgoing {
    /// What a client sends, if it sends anything.
    pub(crate) fn of(body: Incoming, wait: Duration) -> Self {
        if body.is_end_stream() {
            return Self::None;
        }
        Self::Streamed(Upload { body, wait, waiting: None, progress: Arc::default() })
    }

    /// The same once more; none when what a client sends is on its way.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::None => Some(Self::None),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Streamed(_) => None,
        }
    }

    /// How far it has come.
    pub(crate) fn progress(&self) -> Option<Arc<Progress>> {
        match self {
            Self::Streamed(upload) => Some(Arc::clone(&upload.progress)),
            Self::None | Self::Whole(_) => None,
        }
    }
}

impl Progress {
    pub(crate) fn pieces(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        match self.get_mut() {
            Self::None => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed(upload) => upload.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Whole(bytes) => bytes.is_none(),
            Self::Streamed(upload) => upload.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::None => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Streamed(upload) => upload.body.size_hint(),
        }
    }
}

impl Upload {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.progress.0.fetch_add(1, Ordering::Relaxed);
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| UploadError(ContentEnded::Early))));
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.wait)));
        if waiting.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.waiting = None;
        Poll::Ready(Some(Err(UploadError(ContentEnded::TooSlow))))
    }
}
