//! TLS configurations: built once, when the first `https` request is made.
//!
//! Sessions are not resumed, as in k6: each connection of a virtual user is a new visitor's, so handshakes cost the
//! server what they cost with real ones.

use std::sync::Arc;

use loadline_tls::{Lenient, PemError, certificates, system_roots};
use rustls::client::Resumption;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, SupportedProtocolVersion};

use crate::config::{ClientCertificate, ConfigError, Http2, Tls, TlsVersion};
use crate::exchange::TlsInfo;
use crate::net::matches;

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// There is nothing to verify servers with.
    #[error(
        "this machine has no certificate authorities to verify servers with ({0}): install its `ca-certificates` package, point SSL_CERT_FILE at a bundle, or set `insecureSkipTLSVerify` for a test system"
    )]
    NoAuthorities(String),
    /// The suites and versions that are wanted do not go together.
    #[error("no cipher suite for the allowed versions: {0}")]
    NoSuite(#[source] rustls::Error),
    /// A certificate does not read.
    #[error("the certificate can't be read (PEM): {0}")]
    Certificate(#[from] PemError),
    /// A private key does not read.
    #[error("the private key can't be read (PEM, not encrypted): {0}")]
    Key(#[source] pem::Error),
    /// They do not go together.
    #[error("certificate and key can't be used: {0}")]
    Pair(#[source] rustls::Error),
}

/// The configuration for most hosts, and those for hosts with a client certificate.
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    general: Arc<ClientConfig>,
    with_certificate: Vec<(Vec<String>, Arc<ClientConfig>)>,
}

impl TlsConfigs {
    /// # Errors
    /// When there is nothing to verify certificates with.
    pub(crate) fn new(tls: &Tls, http2: Http2) -> Result<TlsConfigs, TlsError> {
        let roots = if tls.insecure_skip_verify { RootCertStore::empty() } else { trusted_roots(tls)? };
        let roots = Arc::new(roots);
        let mut with_certificate = Vec::new();
        for certificate in &tls.client_certificates {
            let config = build(tls, http2, &roots, Some(certificate))?;
            let domains = certificate.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
            with_certificate.push((domains, config));
        }
        Ok(TlsConfigs { general: build(tls, http2, &roots, None)?, with_certificate })
    }

    pub(crate) fn for_host(&self, name: &str) -> Arc<ClientConfig> {
        let fitting = self
            .with_certificate
            .iter()
            .find(|(domains, _)| domains.is_empty() || domains.iter().any(|domain| matches(domain, name)));
        fitting.map_or(&self.general, |(_, config)| config).clone()
    }
}

/// What a finished handshake agreed on, in k6's names.
pub(crate) fn info(session: &ClientConnection) -> Option<TlsInfo> {
    let version = match session.protocol_version()? {
        ProtocolVersion::TLSv1_2 => "tls1.2",
        ProtocolVersion::TLSv1_3 => "tls1.3",
        _ => "tls",
    };
    Some(TlsInfo { version, cipher_suite: suite_name(session.negotiated_cipher_suite()?) })
}

/// Everything that can be wrong without looking at the machine.
pub(crate) fn check(tls: &Tls, errors: &mut Vec<ConfigError>) {
    let provider = rustls::crypto::ring::default_provider();
    for name in &tls.cipher_suites {
        if !provider.cipher_suites.iter().any(|suite| suite_name(*suite) == name) {
            let known: Vec<&str> = provider.cipher_suites.iter().map(|suite| suite_name(*suite)).collect();
            errors.push(ConfigError {
                option: "tlsCipherSuites",
                text: name.clone(),
                problem: format!(
                    "is not a cipher suite that is safe to use; use some of `{}`",
                    known.join("`, `")
                ),
            });
        }
    }
    if versions(tls).is_empty() {
        errors.push(ConfigError {
            option: "tlsVersion",
            text: "min, max".to_owned(),
            problem: "leaves no version: `min` is newer than `max`".to_owned(),
        });
    }
    if errors.is_empty()
        && let Err(problem) = build(tls, Http2::Off, &Arc::new(RootCertStore::empty()), None)
    {
        errors.push(ConfigError {
            option: "tlsVersion",
            text: tls.cipher_suites.join(","),
            problem: problem.to_string(),
        });
    }
    for certificate in &tls.client_certificates {
        let roots = Arc::new(RootCertStore::empty());
        if let Err(problem) = build(&Tls::default(), Http2::Off, &roots, Some(certificate)) {
            errors.push(ConfigError {
                option: "tlsAuth",
                text: certificate.domains.join(","),
                problem: problem.to_string(),
            });
        }
    }
    if !tls.extra_roots_pem.is_empty() && certificates(&tls.extra_roots_pem).is_err() {
        errors.push(ConfigError {
            option: "extra roots",
            text: "PEM".to_owned(),
            problem: "holds no certificate that can be read".to_owned(),
        });
    }
}

/// IANA's name; rustls adds the version to those of TLS 1.3.
fn suite_name(suite: rustls::SupportedCipherSuite) -> &'static str {
    use rustls::CipherSuite;
    match suite.suite() {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        other => other.as_str().unwrap_or("unknown"),
    }
}

fn trusted_roots(tls: &Tls) -> Result<RootCertStore, TlsError> {
    let system = system_roots();
    let mut roots = system.roots;
    if !tls.extra_roots_pem.is_empty() {
        roots.add_parsable_certificates(certificates(&tls.extra_roots_pem)?);
    }
    if roots.is_empty() {
        let why = if system.errors.is_empty() { "none found".to_owned() } else { system.errors.join("; ") };
        return Err(TlsError::NoAuthorities(why));
    }
    Ok(roots)
}

fn versions(tls: &Tls) -> Vec<&'static SupportedProtocolVersion> {
    let wanted = |version| {
        tls.minimum_version.is_none_or(|minimum| version >= minimum)
            && tls.maximum_version.is_none_or(|maximum| version <= maximum)
    };
    let all = [(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)];
    all.into_iter().filter(|(version, _)| wanted(*version)).map(|(_, protocol)| protocol).collect()
}

fn build(
    tls: &Tls,
    http2: Http2,
    roots: &Arc<RootCertStore>,
    certificate: Option<&ClientCertificate>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut provider = rustls::crypto::ring::default_provider();
    if !tls.cipher_suites.is_empty() {
        provider
            .cipher_suites
            .retain(|suite| tls.cipher_suites.iter().any(|name| name == suite_name(*suite)));
    }
    let provider = Arc::new(provider);
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions(tls))
        .map_err(TlsError::NoSuite)?;
    let builder = if tls.insecure_skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient::any_certificate(provider)))
    } else {
        builder.with_root_certificates(roots.clone())
    };
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let chain = certificates(&certificate.certificate_pem)?;
            let key = PrivateKeyDer::from_pem_slice(&certificate.key_pem).map_err(TlsError::Key)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Pair)?
        }
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = match http2 {
        Http2::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Http2::Off => vec![b"http/1.1".to_vec()],
        Http2::PriorKnowledge => vec![b"h2".to_vec()],
    };
    Ok(Arc::new(config))
}
