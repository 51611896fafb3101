//! TLS configurations: built once, when the first `https` request is made.
//!
//! Sessions are not resumed, as in k6: each connection of a virtual user is a new visitor's, so handshakes cost the
//! server what they cost with real ones.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};

use crate::config::{ClientCertificate, ConfigError, Http2, Tls, TlsVersion};
use crate::exchange::TlsInfo;
use crate::net::matches;

/// The configuration for most hosts, and those for hosts with a client certificate.
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    general: Arc<ClientConfig>,
    with_certificate: Vec<(Vec<String>, Arc<ClientConfig>)>,
}

impl TlsConfigs {
    /// # Errors
    /// Words, when there is nothing to verify certificates with.
    pub(crate) fn new(tls: &Tls, http2: Http2) -> Result<TlsConfigs, String> {
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
        errors.push(ConfigError { option: "tlsVersion", text: tls.cipher_suites.join(","), problem });
    }
    for certificate in &tls.client_certificates {
        let roots = Arc::new(RootCertStore::empty());
        if let Err(problem) = build(&Tls::default(), Http2::Off, &roots, Some(certificate)) {
            errors.push(ConfigError { option: "tlsAuth", text: certificate.domains.join(","), problem });
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

fn trusted_roots(tls: &Tls) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if !tls.extra_roots_pem.is_empty() {
        roots.add_parsable_certificates(certificates(&tls.extra_roots_pem)?);
    }
    if roots.is_empty() {
        let why: Vec<String> = native.errors.iter().map(ToString::to_string).collect();
        return Err(format!(
            "this machine has no certificate authorities to verify servers with ({}): install its `ca-certificates` package, point SSL_CERT_FILE at a bundle, or set `insecureSkipTLSVerify` for a test system",
            if why.is_empty() { "none found".to_owned() } else { why.join("; ") }
        ));
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
) -> Result<Arc<ClientConfig>, String> {
    let mut provider = rustls::crypto::ring::default_provider();
    if !tls.cipher_suites.is_empty() {
        provider
            .cipher_suites
            .retain(|suite| tls.cipher_suites.iter().any(|name| name == suite_name(*suite)));
    }
    let provider = Arc::new(provider);
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions(tls))
        .map_err(|error| format!("no cipher suite for the allowed versions: {error}"))?;
    let builder = if tls.insecure_skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnyone(provider)))
    } else {
        builder.with_root_certificates(roots.clone())
    };
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let chain = certificates(&certificate.certificate_pem)?;
            let key = PrivateKeyDer::from_pem_slice(&certificate.key_pem)
                .map_err(|error| format!("the private key can't be read (PEM, not encrypted): {error}"))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("certificate and key can't be used: {error}"))?
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

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err("the PEM text holds no certificate".to_owned()),
        Err(error) => Err(format!("the certificate can't be read (PEM): {error}")),
    }
}

/// Accepts every certificate, because the user said so. Signatures are still checked: they cost the server nothing more,
/// and a handshake that skips them would be a different one.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
