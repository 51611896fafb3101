//! TLS to PostgreSQL as a URL asks for it: what whoever keeps something in a PostgreSQL needs beside its driver.
//!
//! ```
//! use loadline_postgres_tls::{Encryption, split_url};
//!
//! let (url, encryption) = split_url("postgres://ci@db.internal/loads?sslmode=verify-full&application_name=ci")?;
//! assert_eq!(url, "postgres://ci@db.internal/loads?application_name=ci");
//! assert_ne!(encryption, Encryption::None);
//! // It would fall back to plain text whenever somebody in between wants it to.
//! assert!(split_url("postgres://ci@db.internal/loads?sslmode=prefer").is_err());
//! # Ok::<(), loadline_postgres_tls::UrlError>(())
//! ```

mod tls;
mod url;

pub use tls::{Connector, Encryption, Proof, Stream, TlsError, ToHost};
pub use url::{UrlError, split_url};
