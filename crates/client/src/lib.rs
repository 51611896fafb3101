//! Measured protocols: every request tells how long each of its phases took.
//!
//! A [`Client`] is one virtual user's browser: its own connections, over configuration, name cache and trust store
//! [`Shared`] by all of them. [`Client::send`] never fails and never records: it hands back an [`Exchange`], the list
//! of hops that were made with what each of them measured, and a failure is one of the things that can be measured.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use loadline_client::{Client, ClientConfig, Request, Shared};
//!
//! let shared = Shared::new(ClientConfig::default())?;
//! let client = Client::new(shared);
//! let exchange = client.send(Request::get("http://127.0.0.1:8080/".parse()?), None).await;
//! match &exchange.last().outcome {
//!     Ok(response) => assert_eq!(response.status, 200),
//!     Err(failure) => assert_ne!(failure.code, 0, "a refused connection is code 1212"),
//! }
//! # Ok(()) }
//! ```
//!
//! A [`Repeat`] is one request that is sent again and again, without the cost of what does not change.
//!
//! It runs on a tokio `current_thread` runtime; its futures are not `Send`, so that nothing in it needs a lock.

mod bodies;
mod client;
mod config;
mod connect;
mod connections;
mod content;
mod cookie;
mod exchange;
mod failure;
mod fault;
mod field_names;
mod h1;
mod h2;
mod headers;
mod hop;
mod io;
mod masked;
mod net;
mod outgoing;
mod pool;
mod records;
mod redirect;
mod repeat;
mod request;
mod shared;
mod tls;
mod trace_context;
mod tracing;

pub use client::Client;
pub use config::{
    ClientCertificate, ClientConfig, ConfigError, ConfigErrors, Dns, DnsPolicy, DnsSelect, DnsTtl, Http2,
    Tls, TlsVersion,
};
pub use content::{Encoding, compress};
pub use cookie::{CookieError, CookieJar, SameSite, SetCookie, check_cookie};
pub use exchange::{Exchange, Hop, Response, Timings, TlsInfo};
pub use failure::{Failure, code};
pub use field_names::FieldNames;
pub use headers::{Field, Headers, canonical_name};
pub use masked::{masked, masked_text, without_credentials};
pub use repeat::{Repeat, Shot, Status};
pub use request::{Auth, BodyMode, Request, RequestCookie, parse_url};
pub use shared::Shared;
pub use trace_context::TraceContext;
pub use tracing::{TraceSampling, Tracing};

/// What `fuzz/` calls.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Decodes any bytes as a body with content encodings, and compares.
    ///
    /// # Panics
    /// When the decoder does anything that it must not do.
    pub fn content_encoding(bytes: &[u8]) {
        crate::content::fuzz::content_encoding(bytes);
    }
}
