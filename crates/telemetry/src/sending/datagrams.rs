//! One message as one datagram. Nobody answers; that nobody listens is known on this machine alone.

use std::net::SocketAddr;

use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::OnceCell;

use crate::form::{Answer, Message};

/// A receiver of datagrams.
pub(super) struct Udp {
    address: String,
    socket: OnceCell<UdpSocket>,
}

impl Udp {
    /// One at `host:port`.
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), socket: OnceCell::new() }
    }

    /// Sends it; or why it cannot be sent.
    pub(super) async fn send(&self, message: &Message) -> Result<Answer, String> {
        let socket = self.socket.get_or_try_init(|| self.open()).await?;
        match socket.send(&message.body).await {
            Ok(_) => Ok(Answer { status: 200, ..Answer::default() }),
            // Larger than any datagram: trying again would not help.
            Err(error) if error.raw_os_error() == Some(libc::EMSGSIZE) => Ok(Answer {
                status: 413,
                line: format!("`{}` cannot be sent {} bytes at once", self.address, message.body.len()),
                ..Answer::default()
            }),
            Err(error) => Err(format!("cannot send to `{}`: {error}", self.address)),
        }
    }

    async fn open(&self) -> Result<UdpSocket, String> {
        let failed = |error: std::io::Error| format!("cannot send to `{}`: {error}", self.address);
        let mut found = lookup_host(&self.address).await.map_err(failed)?;
        let to = found.next().ok_or_else(|| format!("`{}` has no address", self.address))?;
        let from: SocketAddr = match to {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(from).await.map_err(failed)?;
        socket.connect(to).await.map_err(failed)?;
        Ok(socket)
    }
}
