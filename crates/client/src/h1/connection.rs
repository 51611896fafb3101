//! One HTTP/1.1 connection and the exchange of one request for one response on it.
//!
//! The exchange is a single future without a task, a channel or an allocation of its own: the request leaves in one
//! write, and a small response is read and parsed in one go from a buffer that all connections of the thread share. An
//! idle connection therefore costs its socket and about a hundred bytes.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::exchange::TlsInfo;
use crate::h1::body::Malformed;
use crate::h1::decoder::Decoder;
use crate::io::Io;

/// Size of the thread's read buffer: large bodies arrive in few system calls.
const READ_BUFFER: usize = 64 << 10;
/// Bodies up to this size are copied behind the head, so that a request is one packet.
const JOINED_BODY: usize = 16 << 10;
/// A write buffer that grew beyond this is given back to the system.
const KEPT_WRITE_BUFFER: usize = 64 << 10;

thread_local! {
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
    static WRITE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A connection, in use or kept.
#[derive(Debug)]
pub(crate) struct H1 {
    pub(crate) io: Io,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    timer: Timer,
}

/// When the parts of an exchange happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    pub(crate) sent: Option<Instant>,
    pub(crate) first_byte: Option<Instant>,
    pub(crate) done: Option<Instant>,
}

/// An exchange that did not end with a response.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) why: Why,
    /// Whether any byte of the request was written.
    pub(crate) wrote: bool,
    /// Whether any byte of a response came.
    pub(crate) answered: bool,
}

/// Why an exchange broke.
#[derive(Debug)]
pub(crate) enum Why {
    Write(io::Error),
    Read(io::Error),
    Malformed(Malformed),
    Deadline,
}

impl H1 {
    pub(crate) fn new(io: Io, remote: SocketAddr, tls: Option<TlsInfo>) -> H1 {
        H1 { io, remote, tls, timer: Timer::default() }
    }

    /// Writes the head that `encode` makes and the body, and reads until the response in `decoder` is complete.
    /// Returns the head as written, where headers are kept, and whether the connection may be used again. A future that
    /// is dropped leaves the connection unusable.
    pub(crate) async fn exchange(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>),
        body: &Bytes,
        decoder: &mut Decoder<'_>,
        clock: &mut Clock,
        deadline: Instant,
    ) -> (Bytes, Result<bool, Broken>) {
        let mut out = WRITE.take();
        out.clear();
        encode(&mut out);
        let head = if decoder.keep_headers { Bytes::copy_from_slice(&out) } else { Bytes::new() };
        let joined = body.len() <= JOINED_BODY;
        if joined {
            out.extend_from_slice(body);
        }
        let rest: &[u8] = if joined { &[] } else { body };
        let mut writing = Writing { out, at: 0, rest, complete: false, error: None };
        let result = poll_fn(|cx| self.poll_exchange(cx, &mut writing, decoder, clock, deadline)).await;
        let result = match result {
            Ok(()) => Ok(decoder.keep_alive() && writing.complete && writing.error.is_none()),
            Err(why) => Err(Broken { why, wrote: writing.at > 0, answered: clock.first_byte.is_some() }),
        };
        (head, result)
    }

    fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
        writing: &mut Writing<'_>,
        decoder: &mut Decoder<'_>,
        clock: &mut Clock,
        deadline: Instant,
    ) -> Poll<Result<(), Why>> {
        if !writing.complete && writing.poll(cx, &mut self.io) {
            clock.sent = Some(Instant::now());
            if writing.error.is_none() {
                writing.give_back();
            }
        }
        READ.with_borrow_mut(|buffer| {
            loop {
                let mut read = ReadBuf::new(buffer);
                match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                    Poll::Pending => {
                        return if self.timer.poll(cx, deadline) {
                            Poll::Ready(Err(Why::Deadline))
                        } else {
                            Poll::Pending
                        };
                    }
                    Poll::Ready(Err(error)) => {
                        return Poll::Ready(Err(writing.error.take().map_or(Why::Read(error), Why::Write)));
                    }
                    Poll::Ready(Ok(())) => {}
                }
                let bytes = read.filled();
                let progress = if bytes.is_empty() {
                    if let Some(error) = writing.error.take() {
                        return Poll::Ready(Err(Why::Write(error)));
                    }
                    decoder.end()
                } else {
                    if clock.first_byte.is_none() {
                        let now = Instant::now();
                        clock.first_byte = Some(now);
                        clock.sent.get_or_insert(now);
                    }
                    decoder.feed(bytes)
                };
                if let Err(malformed) = progress {
                    return Poll::Ready(Err(Why::Malformed(malformed)));
                }
                let now = Instant::now();
                if decoder.is_done() {
                    clock.done = Some(now);
                    return Poll::Ready(Ok(()));
                }
                // A server that never pauses must not outrun the timer, which is looked at only in pauses.
                if now >= deadline {
                    return Poll::Ready(Err(Why::Deadline));
                }
            }
        })
    }
}

/// A request on its way out.
struct Writing<'a> {
    out: Vec<u8>,
    /// Bytes written of `out` and `rest` together.
    at: usize,
    /// A large body, written from where it is.
    rest: &'a [u8],
    complete: bool,
    /// A write that failed. A server may answer and close before it has read everything, so reading goes on.
    error: Option<io::Error>,
}

impl Writing<'_> {
    /// Writes on; true once everything is written or writing failed.
    fn poll(&mut self, cx: &mut Context<'_>, io: &mut Io) -> bool {
        loop {
            let head = &self.out[self.at.min(self.out.len())..];
            let body = &self.rest[self.at.saturating_sub(self.out.len())..];
            let written = if body.is_empty() && head.is_empty() {
                match Pin::new(&mut *io).poll_flush(cx) {
                    Poll::Pending => return false,
                    Poll::Ready(flushed) => flushed.map(|()| 0),
                }
            } else {
                let result = if body.is_empty() {
                    Pin::new(&mut *io).poll_write(cx, head)
                } else if head.is_empty() {
                    Pin::new(&mut *io).poll_write(cx, body)
                } else {
                    let slices = [io::IoSlice::new(head), io::IoSlice::new(body)];
                    Pin::new(&mut *io).poll_write_vectored(cx, &slices)
                };
                match result {
                    Poll::Pending => return false,
                    Poll::Ready(Ok(0)) => Err(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(result) => result,
                }
            };
            match written {
                Ok(count) => {
                    self.at += count;
                    self.complete = count == 0;
                }
                Err(error) => {
                    self.error = Some(error);
                    self.complete = true;
                }
            }
            if self.complete {
                return true;
            }
        }
    }

    fn give_back(&mut self) {
        let out = std::mem::take(&mut self.out);
        // Length 0 of `out` must still read as written.
        self.rest = &[];
        if out.capacity() <= KEPT_WRITE_BUFFER {
            WRITE.set(out);
        }
    }
}

/// A timer that is set rarely: it stays at an earlier request's deadline and is moved on when it fires, because setting
/// one for each request costs more than parsing the response.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether `deadline` has passed; otherwise the task is woken when it does.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline {
                return true;
            }
            sleep.as_mut().reset(deadline);
        }
        false
    }
}
