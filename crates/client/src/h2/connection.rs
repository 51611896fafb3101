//! HTTP/2 (RFC 9113) through the `h2` crate: many requests at once on one connection.
//!
//! The connection's frames are moved by a task of its own, because a connection has to answer pings and window updates
//! while nobody waits for a response. Its bytes are counted where they leave for the network; what was counted since
//! the last request ended is attributed to the one that ends now, so sums are exact even when requests overlap.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, header};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::connect::Dialed;
use crate::exchange::TlsInfo;
use crate::failure::Failure;
use crate::field_names::FieldNames;
use crate::h1::{Body, Clock, HeadParts, Malformed};
use crate::headers::Headers;
use crate::io::WireBytes;
use crate::trace_context::Traceparent;

use super::request::{self, RequestError};
use super::tapped::Tapped;
use super::wire::Wire;

/// Bytes the server may send ahead on a stream and on the connection: what browsers and Go allow, so that the window is
/// never what limits a download.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// Largest header list taken, in bytes.
const HEADER_LIST: u32 = 256 << 10;

/// A connection that speaks HTTP/2.
#[derive(Debug)]
pub(crate) struct H2 {
    sender: SendRequest<Bytes>,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    wire: Arc<Wire>,
    task: AbortHandle,
    /// Requests that have a place among those that the server takes at once, and those that wait for one.
    under_way: Cell<usize>,
    waiting: Cell<usize>,
    /// Whether any request was answered here.
    answered: Cell<bool>,
}

/// A response's head.
pub(crate) struct H2Head {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
}

/// What is sent.
pub(crate) enum H2Request<'a> {
    /// To be put into form; the headers that were sent are left in the second part.
    Parts(&'a HeadParts<'a>, &'a mut Headers),
    /// In form already, or why that is not possible. No headers are kept of either side, but for those of answers in
    /// which one of these is.
    Ready(Result<&'a http::Request<()>, &'a RequestError>, Option<&'a FieldNames>, Option<Traceparent>),
}

/// A request's place among those under way on a connection.
struct Place<'a>(&'a H2);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        if self.0.waiting.get() > 0 {
            self.0.wire.changed.notify_one();
        }
    }
}

/// Counts one less when it ends.
struct Waiting<'a>(&'a Cell<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Why an exchange broke.
pub(crate) enum H2Error {
    /// Before anything was sent; the connection takes no more, with the reason where it gave one.
    Unsent(Option<h2::Error>),
    Protocol(h2::Error),
    Body(Malformed),
    /// The request can't be put into HTTP/2's form.
    Request(RequestError),
}

impl H2 {
    /// Exchanges settings and starts the connection's task. Until the server's have come, it is taken to take `streams`
    /// requests at once.
    pub(crate) async fn start(dialed: Dialed, streams: usize) -> Result<H2, Failure> {
        let wire = Arc::new(Wire::default());
        let io = Tapped { io: dialed.io, wire: wire.clone() };
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADER_LIST)
            .initial_max_send_streams(streams)
            .handshake(io)
            .await
            .map_err(|error| Failure::http2(&error).at(dialed.remote))?;
        let closed = wire.clone();
        let task = tokio::spawn(async move {
            // Every request in flight learns of the error by itself.
            let _ = connection.await;
            closed.close();
        });
        Ok(H2 {
            sender,
            remote: dialed.remote,
            tls: dialed.tls,
            wire,
            task: task.abort_handle(),
            under_way: Cell::new(0),
            waiting: Cell::new(0),
            answered: Cell::new(false),
        })
    }

    /// Whether new requests may still be sent.
    pub(crate) fn is_open(&self) -> bool {
        !self.wire.closed.load(Ordering::Relaxed)
    }

    /// No more requests on this connection.
    pub(crate) fn retire(&self) {
        self.wire.close();
    }

    /// How many requests the server takes at once.
    pub(crate) fn most_streams(&self) -> usize {
        self.sender.current_max_send_streams()
    }

    /// Whether any request was answered on this connection.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.get()
    }

    /// A place among the requests that the server takes at once; `None` when it takes no more at all.
    ///
    /// The library would queue what is too much, as streams that the server never hears of; then nobody could tell
    /// which of them it was sent when it says goodbye.
    async fn place(&self) -> Option<Place<'_>> {
        // With nothing under way there is nothing whose end could be waited for: the library waits for the server then.
        let is_free = || {
            let under_way = self.under_way.get();
            under_way == 0 || under_way < self.most_streams()
        };
        while self.is_open() && !is_free() {
            let changed = self.wire.changed.notified();
            self.waiting.set(self.waiting.get() + 1);
            let _waiting = Waiting(&self.waiting);
            changed.await;
        }
        if !self.is_open() {
            return None;
        }
        self.under_way.set(self.under_way.get() + 1);
        // The server may take more than before.
        if self.waiting.get() > 0 && is_free() {
            self.wire.changed.notify_one();
        }
        Some(Place(self))
    }

    /// Whether an earlier request used the connection; from now on one did.
    pub(crate) fn mark_used(&self) -> bool {
        self.wire.used.swap(true, Ordering::Relaxed)
    }

    /// Bytes on the wire since the last call.
    pub(crate) fn take_bytes(&self) -> WireBytes {
        WireBytes {
            sent: self.wire.sent.swap(0, Ordering::Relaxed),
            received: self.wire.received.swap(0, Ordering::Relaxed),
        }
    }

    /// Sends a request and reads its response. Dropping the future resets the stream and leaves the connection.
    pub(crate) async fn exchange(
        &self,
        request: H2Request<'_>,
        body: &Bytes,
        response_body: &mut Body<'_>,
        clock: &mut Clock,
    ) -> Result<H2Head, H2Error> {
        let (request, keep_headers, keep_with) = match request {
            H2Request::Parts(parts, headers) => {
                let request = request::request(parts).map_err(H2Error::Request)?;
                *headers = request::sent_headers(&request);
                (request, true, None)
            }
            H2Request::Ready(Ok(request), keep_with, traceparent) => {
                let mut request = request.clone();
                if let Some(field) = &traceparent {
                    request::add_traceparent(request.headers_mut(), field);
                }
                (request, false, keep_with)
            }
            H2Request::Ready(Err(error), ..) => return Err(H2Error::Request(error.clone())),
        };
        let to_head = request.method() == http::Method::HEAD;
        let Some(_place) = self.place().await else { return Err(H2Error::Unsent(None)) };
        let unsent = |error| H2Error::Unsent(Some(error));
        let mut sender = self.sender.clone().ready().await.map_err(unsent)?;
        let no_body = body.is_empty();
        let (response, stream) = sender.send_request(request, no_body).map_err(unsent)?;
        tokio::pin!(response);
        let mut upload = Upload { stream, unsent: body.clone(), complete: no_body };
        if no_body {
            clock.sent = Some(Instant::now());
        }
        // The server may answer before it has the whole body, so both directions go on together.
        let answer = poll_fn(|cx| {
            if upload.poll(cx) {
                clock.sent.get_or_insert_with(Instant::now);
            }
            response.as_mut().poll(cx)
        })
        .await
        .map_err(H2Error::Protocol)?;
        let now = Instant::now();
        self.answered.set(true);
        clock.first_byte = Some(now);
        clock.sent.get_or_insert(now);
        let (head, mut incoming) = answer.into_parts();
        let is_wanted = |names: &FieldNames| {
            head.headers.iter().any(|(name, value)| names.has(name.as_str().as_bytes(), value.as_bytes()))
        };
        let headers = if keep_headers || keep_with.is_some_and(is_wanted) {
            let reason = head.status.canonical_reason().unwrap_or_default();
            let line = format!("HTTP/2.0 {} {reason}", head.status.as_u16());
            Headers::from_map(&line, &head.headers)
        } else {
            Headers::default()
        };
        if let Some(length) = content_length(&head.headers).filter(|_| !to_head) {
            response_body.expect(length).map_err(H2Error::Body)?;
        }
        receive(&mut incoming, &mut upload, response_body).await?;
        clock.done = Some(Instant::now());
        Ok(H2Head { status: head.status.as_u16(), headers })
    }
}

impl Drop for H2 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl H2Error {
    /// Whether the server said that it did not begin with the request, so that it may be sent again whatever it asks
    /// for: by a GOAWAY that leaves it out (RFC 9113 section 6.8), which is the only way in which the library lets a
    /// stream end with a GOAWAY of the server, or by `REFUSED_STREAM` (section 8.7).
    pub(crate) fn is_refused(&self) -> bool {
        let H2Error::Protocol(error) = self else { return false };
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    }

    /// Whether the connection broke, as it may when a server closes it between two requests.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, H2Error::Protocol(error) if error.is_io())
    }
}

async fn receive(incoming: &mut RecvStream, upload: &mut Upload, body: &mut Body<'_>) -> Result<(), H2Error> {
    let next = |incoming: &mut RecvStream, upload: &mut Upload, cx: &mut Context<'_>| {
        upload.poll(cx);
        incoming.poll_data(cx)
    };
    while let Some(data) = poll_fn(|cx| next(incoming, upload, cx)).await {
        let data = data.map_err(H2Error::Protocol)?;
        body.push(&data, u64::from(!incoming.is_end_stream())).map_err(H2Error::Body)?;
        incoming.flow_control().release_capacity(data.len()).map_err(H2Error::Protocol)?;
    }
    incoming.trailers().await.map_err(H2Error::Protocol)?;
    Ok(())
}

/// A request's body on its way out.
struct Upload {
    stream: SendStream<Bytes>,
    unsent: Bytes,
    complete: bool,
}

impl Upload {
    /// Hands over as much as the server's window takes; true when all of it is, or the server wants no more: the
    /// response says why.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        while !self.complete {
            self.stream.reserve_capacity(self.unsent.len());
            match self.stream.poll_capacity(cx) {
                Poll::Pending => return false,
                Poll::Ready(Some(Ok(capacity))) => {
                    let piece = self.unsent.split_to(capacity.min(self.unsent.len()));
                    let sent = self.stream.send_data(piece, self.unsent.is_empty());
                    self.complete = sent.is_err() || self.unsent.is_empty();
                }
                Poll::Ready(None | Some(Err(_))) => self.complete = true,
            }
        }
        true
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
