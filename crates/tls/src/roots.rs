//! The authorities that this machine trusts.

use rustls::RootCertStore;

/// The machine's trust store as it could be read.
#[derive(Debug)]
pub struct SystemRoots {
    /// Its authorities; those that do not parse are left out.
    pub roots: RootCertStore,
    /// What could not be read, in the system's words.
    pub errors: Vec<String>,
}

/// Reads the machine's trust store, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name in its place.
pub fn system_roots() -> SystemRoots {
    let native = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(native.certs);
    SystemRoots { roots, errors: native.errors.iter().map(ToString::to_string).collect() }
}
