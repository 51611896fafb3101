//! Certificates from PEM texts and files.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

/// Why there are no certificates in a PEM text.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// It is not PEM, or the file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] pem::Error),
    /// It is, but of something else.
    #[error("there is no certificate in it")]
    Empty,
}

/// The certificates of a PEM text, at least one.
///
/// # Errors
/// See [`PemError`].
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    some(CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>()?)
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// See [`PemError`].
pub fn certificates_of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    some(CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?)
}

fn some(certificates: Vec<CertificateDer<'static>>) -> Result<Vec<CertificateDer<'static>>, PemError> {
    if certificates.is_empty() { Err(PemError::Empty) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_says_so() {
        assert!(matches!(certificates(b""), Err(PemError::Empty)));
        let broken = b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        assert!(matches!(certificates(broken), Err(PemError::Unreadable(_))));
        assert!(matches!(certificates_of_file(Path::new("/no where")), Err(PemError::Unreadable(_))));
    }
}
