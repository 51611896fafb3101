//! TLS for clients: a certificate and its key, HTTP/2 for those who agree on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use loadline_tls::{PemError, certificates_of_file};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{RootCertStore, ServerConfig};

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file holds no certificate.
    #[error("there is no certificate in `{0}`: {1}")]
    Certificate(PathBuf, #[source] PemError),
    /// A file holds no key.
    #[error("there is no private key in `{0}` (PEM, not encrypted): {1}")]
    Key(PathBuf, #[source] pem::Error),
    /// They do not go together.
    #[error("the certificate in `{0}` and the key in `{1}` can't be used: {2}")]
    Pair(PathBuf, PathBuf, #[source] rustls::Error),
    /// An authority is none.
    #[error("a certificate in `{0}` can be no authority: {1}")]
    Authority(PathBuf, #[source] rustls::Error),
}

/// TLS with the certificate, and those that vouch for it, and the key in these files.
///
/// # Errors
/// See [`TlsError`].
pub fn server_tls(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates_of_file(certificate)
        .map_err(|error| TlsError::Certificate(certificate.to_owned(), error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(key.to_owned(), error))?;
    let pair = |error| TlsError::Pair(certificate.to_owned(), key.to_owned(), error);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The authorities in a file.
///
/// # Errors
/// See [`TlsError`].
pub fn authorities(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let certificates =
        certificates_of_file(file).map_err(|error| TlsError::Certificate(file.to_owned(), error))?;
    for certificate in certificates {
        roots.add(certificate).map_err(|error| TlsError::Authority(file.to_owned(), error))?;
    }
    Ok(roots)
}
