//! Which TLS servers are believed, for everything that connects: the load's client, the history and the stores in
//! PostgreSQL.
//!
//! rustls with ring, everywhere. The usual verification is rustls' own; what it does not offer is here once: to believe
//! a certificate whatever name it is for, and to believe any certificate at all, when somebody asks for that.

mod pem;
mod roots;
mod verifier;

pub use pem::{PemError, certificates, certificates_of_file};
pub use roots::{SystemRoots, system_roots};
pub use verifier::Lenient;
