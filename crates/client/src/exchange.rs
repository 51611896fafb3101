//! What a request measured: the contract with whoever records it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::cookie::SetCookie;
use crate::failure::Failure;
use crate::headers::Headers;
use crate::trace_context::TraceContext;

/// A request and all the redirects it led to.
#[derive(Debug)]
pub struct Exchange {
    /// Every request that was made, in order; never empty. The last one is the answer.
    pub hops: Vec<Hop>,
    /// The answer is a redirection that was not followed because the limit was reached.
    pub redirects_exhausted: bool,
}

impl Exchange {
    /// The answer: the last hop.
    ///
    /// # Panics
    /// When `hops` was emptied by its owner; a client never returns an empty list.
    pub fn last(&self) -> &Hop {
        self.hops.last().expect("an exchange has at least one hop")
    }
}

/// One request on the wire and what came of it.
#[derive(Debug)]
pub struct Hop {
    /// The method that was sent (a redirect may have changed it to GET).
    pub method: http::Method,
    /// Where it was sent; user name and password read `****`.
    pub url: Arc<Url>,
    /// The header fields as sent; empty when the request never got a connection.
    pub request_headers: Headers,
    /// The response, or why there is none.
    pub outcome: Result<Response, Failure>,
    /// What had come of the body when there is no response after all: it took too long, or the connection broke. Over
    /// HTTP/1.1, and where it is not encoded.
    pub partial: Bytes,
    /// How long each phase took.
    pub timings: Timings,
    /// The address that answered, or that the last connection was opened to.
    pub remote: Option<SocketAddr>,
    /// What TLS agreed on; `None` for plain connections.
    pub tls: Option<TlsInfo>,
    /// Bytes put on the wire, TLS included; a new connection's handshake counts for its first request.
    pub sent_bytes: u64,
    /// Bytes taken from the wire, TLS included.
    pub received_bytes: u64,
    /// Whether the request travelled on a kept connection.
    pub reused: bool,
    /// How many times it was sent again, unseen, because the server closed a kept connection or said that it had not
    /// begun with it.
    pub repeats: u32,
    /// The trace that it is in, if it is in one.
    pub trace: Option<TraceContext>,
}

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// The status code, 100 to 999.
    pub status: u16,
    /// HTTP/1.0, HTTP/1.1 or HTTP/2.
    pub version: http::Version,
    /// The header fields as received.
    pub headers: Headers,
    /// The body with its content encodings undone; empty when it was discarded.
    pub body: Bytes,
    /// Size of the body as it was sent, encoded, in bytes; also known when it was discarded.
    pub encoded_bytes: u64,
}

impl Response {
    /// The status line's code and reason, `200 OK`, as k6's `status_text` shows it.
    pub fn status_text(&self) -> String {
        let line = String::from_utf8_lossy(self.headers.start_line());
        let reason = line.splitn(3, ' ').nth(2).unwrap_or_default().trim();
        let standard = || http::StatusCode::from_u16(self.status).ok()?.canonical_reason();
        let reason = if reason.is_empty() { standard().unwrap_or_default() } else { reason };
        format!("{} {reason}", self.status).trim_end().to_owned()
    }

    /// k6's name of the protocol: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub fn proto(&self) -> &'static str {
        proto(self.version)
    }

    /// k6's error code of the status: 0 below 400, else 1000 + status.
    pub fn error_code(&self) -> u16 {
        if self.status >= 400 { 1000 + self.status } else { 0 }
    }

    /// The cookies this response sets, in order; fields that are no cookies are left out.
    pub fn cookies(&self) -> Vec<SetCookie> {
        self.headers.get_all("set-cookie").filter_map(SetCookie::parse).collect()
    }
}

/// k6's name of a version.
pub(crate) fn proto(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

/// How long each phase of a request took, as k6 defines the phases.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From asking for a connection until having one: waiting for a free one, and looking up, connecting and
    /// handshaking when a new one was opened. Zero when a kept connection was free.
    pub blocked: Duration,
    /// Resolving the name; zero on a kept connection or an address known already.
    pub looking_up: Duration,
    /// Opening the TCP connection; zero on a kept connection.
    pub connecting: Duration,
    /// The TLS handshake; zero on a kept or plain connection.
    pub tls_handshaking: Duration,
    /// Writing the request.
    pub sending: Duration,
    /// From the last byte written until the first byte of the response.
    pub waiting: Duration,
    /// From the first byte of the response until the last.
    pub receiving: Duration,
}

impl Timings {
    /// `sending + waiting + receiving`: what the server and the network took once there was a connection.
    pub fn duration(&self) -> Duration {
        self.sending + self.waiting + self.receiving
    }
}

/// What a TLS connection agreed on, named as k6 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `tls1.2` or `tls1.3`.
    pub version: &'static str,
    /// Such as `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: &'static str,
}
