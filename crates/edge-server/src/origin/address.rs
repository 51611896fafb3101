//! Where the origin is, as people write it: `http://127.0.0.1:3000`.

use std::sync::Arc;

use http::uri::{Authority, Scheme};
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

/// What an edge stands in front of.
#[derive(Debug, Clone)]
pub struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Option<OriginTls>,
}

/// How an origin with TLS is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct OriginTls {
    pub(crate) name: ServerName<'static>,
    /// Offers HTTP/2.
    pub(crate) usual: Arc<ClientConfig>,
    /// Does not, for connections that are upgraded.
    pub(crate) http1: Arc<ClientConfig>,
}

/// Why there is no such origin.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// It is no address.
    #[error("`{0}` is no address of an origin: {1}\nhint: write it like `http://127.0.0.1:3000`")]
    NotAnAddress(String, &'static str),
    /// Its name is none that certificates have.
    #[error("the origin's name cannot be in a certificate: {0}")]
    Name(#[from] InvalidDnsNameError),
    /// There is nothing to verify it with.
    #[error(
        "this machine has no certificate authorities to verify the origin with ({0}): install its `ca-certificates` package, or name the origin's own with `--origin-ca FILE`"
    )]
    NoAuthorities(String),
    /// There can be no TLS.
    #[error("TLS to the origin cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl Origin {
    /// An origin by its address. One with TLS is believed when `authorities` vouch for it, or the machine's own where
    /// these are none.
    ///
    /// ```
    /// use loadline_edge_server::Origin;
    /// assert!(Origin::new("http://127.0.0.1:3000", None).is_ok());
    /// assert!(Origin::new("http://127.0.0.1:3000/shop", None).is_err());
    /// ```
    ///
    /// # Errors
    /// It is no address, has more than a host and a port, or there is nothing to verify it with.
    pub fn new(address: &str, authorities: Option<RootCertStore>) -> Result<Self, OriginError> {
        let wrong = |why| OriginError::NotAnAddress(address.to_owned(), why);
        let url = Url::parse(address).map_err(|_| wrong("it cannot be read as a URL"))?;
        let scheme = match url.scheme() {
            "http" => Scheme::HTTP,
            "https" => Scheme::HTTPS,
            _ => return Err(wrong("it begins neither with `http://` nor with `https://`")),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("paths are the client's, so it has to end with its host and port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("credentials are the client's, so it cannot have any"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(wrong("it has no host"));
        };
        let shown = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let authority = shown.parse().map_err(|_| wrong("its host cannot be sent"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = (scheme == Scheme::HTTPS).then(|| tls(&host, authorities)).transpose()?;
        Ok(Self { scheme, authority, host, port, tls })
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

fn tls(host: &str, authorities: Option<RootCertStore>) -> Result<OriginTls, OriginError> {
    let name = ServerName::try_from(host.to_owned())?;
    let roots = authorities.map_or_else(trusted, Ok)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut usual = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut http1 = usual.clone();
    usual.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(OriginTls { name, usual: Arc::new(usual), http1: Arc::new(http1) })
}

/// The machine's own authorities.
fn trusted() -> Result<RootCertStore, OriginError> {
    let system = loadline_tls::system_roots();
    if system.roots.is_empty() {
        return Err(OriginError::NoAuthorities(system.errors.join("; ")));
    }
    Ok(system.roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_a_host_alone() {
        for (written, address) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://Shop.test/", "http://shop.test"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(Origin::new(written, None).unwrap().address(), address, "{written}");
        }
        assert_eq!(Origin::new("http://[::1]:81", None).unwrap().host, "::1");
        for wrong in [
            "127.0.0.1:3000",
            "shop.test",
            "ftp://shop.test",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://a#b",
            "http://me:secret@a",
        ] {
            let error = Origin::new(wrong, None).unwrap_err().to_string();
            assert!(error.contains("hint: write it like"), "{wrong}: {error}");
        }
    }
}
