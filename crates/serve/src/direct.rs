//! A connection to which large bytes go without being copied.
//!
//! What is before them, the head of an answer most often, goes first and says that more follows, so that it does not
//! travel alone. Whatever else is written is written as usual, sealed bytes as well where the system would not send
//! them from their file.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::fs::sendfile;
use rustix::io::{Errno, retry_on_intr};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::sealed::{View, view};

/// A connection that sends what is sealed (`sealed.rs`) from where it is.
#[derive(Debug)]
pub(crate) struct Direct(pub(crate) TcpStream);

impl Direct {
    /// Some of these bytes: first those before the last piece, which is sealed, then as much of it as there is room
    /// for.
    fn poll_send(
        &self,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        sealed: &View,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_io(Interest::WRITABLE, || self.send(pieces, sealed)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn send(&self, pieces: &[IoSlice<'_>], sealed: &View) -> io::Result<usize> {
        let Some((last, before)) = pieces.split_last() else { return Ok(0) };
        let socket = SockRef::from(&self.0);
        let mut count = 0;
        if !before.is_empty() {
            let wanted: usize = before.iter().map(|piece| piece.len()).sum();
            count = socket.send_vectored_with_flags(before, libc::MSG_MORE)?;
            if count < wanted {
                return Ok(count);
            }
        }
        let file = || sendfile(&self.0, &*sealed.file, Some(&mut sealed.offset.clone()), last.len());
        let sent = match retry_on_intr(file) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::ACCESS) => socket.send(last),
            sent => sent.map_err(io::Error::from),
        };
        match sent {
            Ok(sent) => Ok(count + sent),
            // What has gone has gone; the next call says what the matter is.
            Err(_) if count > 0 => Ok(count),
            Err(error) => Err(error),
        }
    }
}

impl AsyncRead for Direct {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Direct {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let found = pieces.iter().enumerate().find_map(|(index, piece)| Some((index, view(piece)?)));
        match found {
            Some((index, sealed)) => self.poll_send(context, &pieces[..=index], &sealed),
            None => Pin::new(&mut self.0).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use bytes::Bytes;
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::sealed::sealed;

    async fn pair() -> (Direct, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let ours = listener.accept().await.unwrap().0;
        // So that little fits in, and most of what is written is written in parts.
        SockRef::from(&ours).set_send_buffer_size(16 << 10).unwrap();
        SockRef::from(&theirs).set_recv_buffer_size(16 << 10).unwrap();
        (Direct(ours), theirs)
    }

    fn content(length: usize, seed: usize) -> Bytes {
        (0..length).map(|place| (place * 31 + place / 251 + seed) as u8).collect()
    }

    /// Writes all of it, as HTTP writes what it has.
    async fn write(direct: &mut Direct, pieces: &[&[u8]]) {
        let mut pieces: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut pieces[..];
        while !rest.is_empty() {
            let count =
                poll_fn(|context| Pin::new(&mut *direct).poll_write_vectored(context, rest)).await.unwrap();
            IoSlice::advance_slices(&mut rest, count);
        }
    }

    #[tokio::test]
    async fn what_is_sealed_arrives_between_what_is_not() {
        let (mut ours, mut theirs) = pair().await;
        let plain = content(300_001, 1);
        let body = sealed(&plain).map_or(plain.clone(), |(body, _)| body);
        let parts: [&[u8]; 5] = [b"head", &body, &body[70_000..], b"", &plain[..40_000]];
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            theirs.read_to_end(&mut read).await.map(|_| read)
        });
        write(&mut ours, &parts).await;
        drop(ours);
        assert!(reading.await.unwrap().unwrap() == parts.concat());
    }

    #[tokio::test]
    async fn what_is_on_its_way_stays_what_it_was() {
        let (mut ours, mut theirs) = pair().await;
        SockRef::from(&ours.0).set_send_buffer_size(1 << 20).unwrap();
        let plain = content(200_000, 2);
        let body = sealed(&plain).map_or(plain.clone(), |(body, _)| body);
        let first = poll_fn(|context| {
            Pin::new(&mut ours).poll_write_vectored(context, &[IoSlice::new(b"head"), IoSlice::new(&body)])
        });
        let count = first.await.unwrap();
        // Nobody has read any of it, and its memory is given back and used for something else.
        drop(body);
        let others: Vec<_> = (0..20).filter_map(|seed| sealed(&content(200_000, seed + 3))).collect();
        drop(ours);
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.unwrap();
        drop(others);
        assert!(read == [b"head", &plain[..]].concat()[..count]);
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_is_an_error() {
        let (mut ours, theirs) = pair().await;
        drop(theirs);
        let plain = content(100_000, 4);
        let body = sealed(&plain).map_or(plain.clone(), |(body, _)| body);
        let end = async {
            loop {
                let pieces = [IoSlice::new(b"head"), IoSlice::new(&body)];
                let written = poll_fn(|context| Pin::new(&mut ours).poll_write_vectored(context, &pieces));
                if let Err(error) = written.await {
                    return error.kind();
                }
            }
        };
        let kind = end.await;
        assert!(matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset), "{kind}");
    }
}
