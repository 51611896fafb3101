//! The byte streams that connections run on, counting what goes over the wire.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::records::Records;

/// A TCP connection that counts its bytes.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) stream: TcpStream,
    pub(crate) bytes: WireBytes,
    /// Where TLS records begin and end in what was received.
    pub(crate) records: Option<Records>,
}

/// Bytes on the wire in both directions.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct WireBytes {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// A plain or encrypted connection.
#[derive(Debug)]
pub(crate) enum Io {
    Plain(Counted),
    /// Boxed: it is ten times the size of a plain one.
    Tls(Box<TlsStream<Counted>>),
}

impl Io {
    fn counted(&mut self) -> &mut Counted {
        match self {
            Io::Plain(stream) => stream,
            Io::Tls(stream) => stream.get_mut().0,
        }
    }

    /// What went over the wire since the last call.
    pub(crate) fn take_bytes(&mut self) -> WireBytes {
        std::mem::take(&mut self.counted().bytes)
    }

    /// Whether the server closed the connection, or sent something that nobody asked for: it would be taken for the
    /// answer to the next request. Such bytes may lie in the socket, or behind TLS as text or as half a record.
    pub(crate) fn is_stale(&mut self) -> bool {
        match self {
            // Asks the runtime's own note of readiness first: on a quiet connection this is no system call.
            Io::Plain(counted) => !would_block(&counted.stream.try_read(&mut [0])),
            Io::Tls(stream) => is_tls_stale(stream),
        }
    }
}

fn is_tls_stale(stream: &mut TlsStream<Counted>) -> bool {
    let (counted, session) = stream.get_mut();
    loop {
        // A session's own messages, such as the tickets that follow a handshake, are none of ours.
        let quiet = session
            .process_new_packets()
            .is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed());
        if !quiet {
            return true;
        }
        match session.read_tls(&mut Waiting(counted)) {
            Ok(0) => return true,
            Ok(_) => {}
            read => return !would_block(&read) || counted.records.is_some_and(Records::is_inside),
        }
    }
}

fn would_block(read: &io::Result<usize>) -> bool {
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// What the runtime knows to be waiting in the socket.
struct Waiting<'a>(&'a mut Counted);

impl Read for Waiting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.0.stream.try_read(buf)?;
        self.0.received(&buf[..count]);
        Ok(count)
    }
}

impl Counted {
    fn received(&mut self, bytes: &[u8]) {
        self.bytes.received += bytes.len() as u64;
        if let Some(records) = &mut self.records {
            records.pass(bytes);
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.received(&buf.filled()[before..]);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = &result {
            self.bytes.sent += *count as u64;
        }
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(count)) = &result {
            self.bytes.sent += *count as u64;
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Io {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Io::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Io::Plain(stream) => stream.is_write_vectored(),
            Io::Tls(stream) => stream.is_write_vectored(),
        }
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
