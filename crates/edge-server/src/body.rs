//! What goes to a client behind a head: bytes that are there, or an answer as it comes.

use std::error::Error;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};

use crate::account::Account;
use crate::download::Download;
use crate::flow::Outlet;
use crate::outcome::Outcome;

/// The content of an answer.
#[derive(Debug)]
pub struct Body {
    /// What goes first.
    before: Option<Bytes>,
    content: Content,
    /// Which bytes of the content go along.
    shown: Range<u64>,
    /// How many bytes of it have come.
    come: u64,
    outcome: Outcome,
    account: Option<Account>,
}

#[derive(Debug)]
enum Content {
    None,
    Streamed(Box<Download>),
    Flowing(Outlet, Option<u64>),
}

type BoxError = Box<dyn Error + Send + Sync>;

/// All of it.
const ALL: Range<u64> = 0..u64::MAX;

impl Body {
    fn new(before: Option<Bytes>, content: Content) -> Self {
        Self { before, content, shown: ALL, come: 0, outcome: Outcome::default(), account: None }
    }

    /// These bytes.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let before = (!bytes.is_empty()).then_some(bytes);
        Self::new(before, Content::None)
    }

    /// What the origin sends.
    pub(crate) fn streamed(download: Download) -> Self {
        Self::new(None, Content::Streamed(Box::new(download)))
    }

    /// What the origin sends while it is collected, and how many bytes that is going to be, if this is known.
    pub(crate) fn flowing(outlet: Outlet, length: Option<u64>) -> Self {
        Self::new(None, Content::Flowing(outlet, length))
    }

    /// Some bytes, and then only these of its own.
    pub(crate) fn behind(mut self, before: Bytes, shown: Range<u64>) -> Self {
        self.before = (!before.is_empty()).then_some(before);
        self.shown = shown;
        self
    }

    /// What became of the request.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The same for a request of which this became.
    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// The same, noted at its end.
    pub(crate) fn on_account(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }

    /// Notes what goes out.
    fn note(&mut self, frame: &Poll<Option<Result<Frame<Bytes>, BoxError>>>) {
        let Some(account) = &mut self.account else { return };
        if let Poll::Ready(Some(Ok(frame))) = frame {
            account.sent += frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(bytes) = self.before.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        while self.come < self.shown.end {
            let frame = match &mut self.content {
                Content::None => return Poll::Ready(None),
                Content::Streamed(download) => ready!(Pin::new(&mut **download).poll_frame(context)),
                Content::Flowing(outlet, _) => {
                    ready!(outlet.poll_next(context)).map(|piece| piece.map(Frame::data))
                }
            };
            let frame = match frame {
                None => return Poll::Ready(None),
                Some(Err(cut)) => return Poll::Ready(Some(Err(cut.into()))),
                Some(Ok(frame)) => frame,
            };
            let bytes = match frame.into_data() {
                Ok(bytes) => self.shown(bytes),
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
        Poll::Ready(None)
    }

    /// The part of a piece that goes along.
    fn shown(&mut self, mut bytes: Bytes) -> Bytes {
        let first = self.come;
        self.come += bytes.len() as u64;
        let at = |place: u64| usize::try_from(place.saturating_sub(first)).unwrap_or(usize::MAX);
        bytes.truncate(at(self.shown.end));
        bytes.split_off(at(self.shown.start).min(bytes.len()))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let is_whole = hyper::body::Body::is_end_stream(self);
        if let Some(account) = &mut self.account {
            account.is_whole = is_whole;
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let frame = this.poll(context);
        this.note(&frame);
        frame
    }

    fn is_end_stream(&self) -> bool {
        let is_over = self.come >= self.shown.end
            || match &self.content {
                Content::None => true,
                Content::Streamed(download) => download.is_end_stream(),
                Content::Flowing(outlet, _) => outlet.is_at_end(),
            };
        self.before.is_none() && is_over
    }

    fn size_hint(&self) -> SizeHint {
        let before = self.before.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let rest = match &self.content {
            Content::None => Some(0),
            Content::Streamed(download) => download.size_hint().exact(),
            Content::Flowing(_, length) => *length,
        };
        match rest {
            // What has gone already is not asked for again: a hint is taken once, in the beginning.
            Some(rest) => {
                let shown = rest.min(self.shown.end).saturating_sub(self.shown.start);
                SizeHint::with_exact(before + shown)
            }
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::cut::Cut;
    use crate::flow::flow;

    async fn sent(pieces: &[&'static str], before: &'static str, shown: Range<u64>) -> String {
        let (inlet, outlet) = flow(false);
        for piece in pieces {
            inlet.put(Bytes::from_static(piece.as_bytes()));
        }
        inlet.end(Ok(()));
        let length = pieces.iter().map(|piece| piece.len() as u64).sum();
        let body = Body::flowing(outlet, Some(length)).behind(Bytes::from_static(before.as_bytes()), shown);
        let promised = body.size_hint().exact().unwrap();
        let sent = body.collect().await.unwrap().to_bytes();
        assert_eq!(sent.len() as u64, promised, "{pieces:?}");
        String::from_utf8(sent.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn only_what_is_to_be_shown_goes_along() {
        let pieces = ["ab", "", "cde", "f"];
        assert_eq!(sent(&pieces, "", ALL).await, "abcdef");
        assert_eq!(sent(&pieces, "12", ALL).await, "12abcdef");
        assert_eq!(sent(&pieces, "", 1..4).await, "bcd");
        assert_eq!(sent(&pieces, "", 2..5).await, "cde");
        assert_eq!(sent(&pieces, "", 5..9).await, "f");
        assert_eq!(sent(&pieces, "", 7..9).await, "");
        assert_eq!(sent(&pieces, "", 0..0).await, "");
    }

    #[tokio::test]
    async fn an_answer_that_was_cut_is_an_error() {
        let (inlet, outlet) = flow(false);
        inlet.put(Bytes::from_static(b"ab"));
        inlet.end(Err(Cut::TooSlow));
        let error = Body::flowing(outlet, None).collect().await.unwrap_err();
        assert_eq!(error.to_string(), "the origin's answer stopped coming");
    }
}
