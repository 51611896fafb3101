//! An address that is taken, before it is decided what answers there.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A taken address: two servers that must know each other's address begin so.
pub struct Bound {
    pub(crate) listener: TcpListener,
    /// For connections that have TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    address: SocketAddr,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "the address `{0}` is in use: stop the process that listens there, or choose another with `--listen` (port 0 picks a free one)"
    )]
    InUse(SocketAddr),
    /// The address is not this machine's, or not for this user.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl Bound {
    /// Takes an address; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub async fn new(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            _ => BindError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, tls: None, address })
    }

    /// The same for connections with TLS: HTTP/2 for clients that agree on it, where the configuration offers it.
    #[must_use]
    pub fn with_tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(TlsAcceptor::from(config));
        self
    }

    /// Whether its connections have TLS.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Where it is; with port 0 asked for, this has the real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.address)
    }
}
