//! A verifier that asks for less than rustls' own.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Believes more than a certificate of a trusted authority for the name that was connected to.
///
/// Signatures are checked all the same: they cost the server nothing more, and a handshake that skipped them would be a
/// different one.
#[derive(Debug)]
pub struct Lenient {
    /// What is still asked for; `None` for nothing.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Lenient {
    /// Believes every certificate: nobody can listen, but anybody can answer.
    pub fn any_certificate(provider: Arc<CryptoProvider>) -> Self {
        Self { authorities: None, provider }
    }

    /// Believes a certificate of these authorities, whatever name it is for.
    ///
    /// # Errors
    /// When there are no authorities.
    pub fn any_name(
        roots: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let authorities =
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build()?;
        Ok(Self { authorities: Some(authorities), provider })
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        match authorities.verify_server_cert(certificate, intermediates, name, ocsp_response, now) {
            // The name is looked at last, when all else is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::crypto::ring;

    use super::*;

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn believes(verifier: &dyn ServerCertVerifier, certificate: &CertificateDer<'_>) -> bool {
        let name = ServerName::try_from("other.test").unwrap();
        verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn a_name_may_be_wrong_but_the_authority_may_not() {
        let (known, unknown) = (authority(), authority());
        let certificate = |issuer: &CertifiedIssuer<'_, KeyPair>| {
            let params = CertificateParams::new(vec!["db.test".to_owned()]).unwrap();
            params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
        };
        let (right, wrong) = (certificate(&known), certificate(&unknown));
        let mut roots = RootCertStore::empty();
        roots.add(known.der().clone()).unwrap();
        let (roots, provider) = (Arc::new(roots), Arc::new(ring::default_provider()));

        let usual = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        assert!(!believes(usual.build().unwrap().as_ref(), &right));
        let any_name = Lenient::any_name(roots, Arc::clone(&provider)).unwrap();
        assert!(believes(&any_name, &right) && !believes(&any_name, &wrong));
        assert!(believes(&Lenient::any_certificate(provider), &wrong));
    }

    #[test]
    fn without_authorities_there_is_nothing_to_ask_for() {
        let provider = Arc::new(ring::default_provider());
        assert!(Lenient::any_name(Arc::new(RootCertStore::empty()), provider).is_err());
    }
}
