//! TLS to a PostgreSQL server, as the URL's `sslmode` and `sslrootcert` ask for it.
//!
//! The words are libpq's. `allow` and `prefer` are refused: whoever can listen can also make them fall back to plain
//! text, so they only look like protection. The driver wants a connector of its own; this one is rustls with ring, as
//! everywhere in this workspace, and brings no parser of certificates along. It offers no channel binding, which SCRAM
//! does without.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loadline_tls::{Lenient, certificates_of_file};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// What protects a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing: for Unix sockets, and networks that are trusted.
    #[default]
    None,
    /// TLS.
    Tls {
        /// How the server proves who it is.
        proof: Proof,
        /// A PEM file of the authorities that are believed; without it the machine's own.
        authorities: Option<PathBuf>,
    },
}

/// How a server proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not at all (`require`): nobody can listen, but anybody can answer.
    None,
    /// By a certificate of an authority (`verify-ca`).
    Certificate,
    /// By a certificate for the name that was connected to (`verify-full`).
    Name,
}

/// Why TLS is not possible.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of authorities can't be read.
    #[error("`sslrootcert={}` can't be read: {source}; give a PEM file with certificates", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is nothing to believe.
    #[error("this machine has no trusted authorities; give some with `sslrootcert=FILE`")]
    NoAuthorities,
    /// rustls refuses.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    /// The authorities are no such.
    #[error(transparent)]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

impl Encryption {
    /// The driver's half of it.
    pub fn mode(&self) -> SslMode {
        match self {
            Encryption::None => SslMode::Disable,
            Encryption::Tls { .. } => SslMode::Require,
        }
    }

    /// What makes connections so.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn connector(&self) -> Result<Connector, TlsError> {
        let Encryption::Tls { proof, authorities } = self else { return Ok(Connector(None)) };
        let provider = Arc::new(ring::default_provider());
        let usual = |roots| WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
        let verifier: Arc<dyn ServerCertVerifier> = match proof {
            Proof::None => Arc::new(Lenient::any_certificate(Arc::clone(&provider))),
            Proof::Certificate => {
                let roots = Arc::new(roots(authorities.as_ref())?);
                Arc::new(Lenient::any_name(roots, Arc::clone(&provider))?)
            }
            Proof::Name => usual(Arc::new(roots(authorities.as_ref())?))?,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Connector(Some(Arc::new(config))))
    }
}

fn roots(file: Option<&PathBuf>) -> Result<RootCertStore, TlsError> {
    let Some(path) = file else {
        let roots = loadline_tls::system_roots().roots;
        return if roots.is_empty() { Err(TlsError::NoAuthorities) } else { Ok(roots) };
    };
    let failed = |source| TlsError::Authorities { path: path.clone(), source };
    let mut roots = RootCertStore::empty();
    for certificate in certificates_of_file(path).map_err(|error| failed(error.into()))? {
        roots.add(certificate).map_err(|error| failed(error.into()))?;
    }
    Ok(roots)
}

/// Makes TLS connections, when there is a configuration.
#[derive(Clone)]
pub struct Connector(Option<Arc<ClientConfig>>);

/// The same to one host.
pub struct ToHost {
    connector: Connector,
    host: String,
}

/// A TLS connection.
pub struct Stream<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Stream = Stream<S>;
    type TlsConnect = ToHost;
    type Error = io::Error;

    /// Called for every connection, also where TLS is not used: nothing may fail yet.
    fn make_tls_connect(&mut self, host: &str) -> io::Result<ToHost> {
        Ok(ToHost { connector: self.clone(), host: host.to_owned() })
    }
}

impl<S> TlsConnect<S> for ToHost
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let config = self.connector.0.ok_or_else(|| io::Error::other("TLS was not asked for"))?;
            let name = ServerName::try_from(self.host).map_err(io::Error::other)?;
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            Ok(Stream(Box::new(stream)))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
