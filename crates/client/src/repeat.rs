//! One request, sent again and again: what can be worked out once is worked out once.
//!
//! Nothing is built, kept or allocated per request beyond what HTTP/2 needs: the head is bytes that are copied into the
//! write buffer, response headers are kept only where some are asked for, bodies are counted and forgotten. Redirects
//! are not followed and there are no cookies: it measures one target.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use crate::client::{LONGEST_TIMEOUT, basic_credentials};
use crate::connections::Connections;
use crate::exchange::{Timings, TlsInfo, proto};
use crate::failure::Failure;
use crate::field_names::FieldNames;
use crate::h1::{HeadParts, encode};
use crate::h2;
use crate::headers::Headers;
use crate::hop::run;
use crate::outgoing::{Measured, Outgoing, Template};
use crate::request::{Auth, BodyMode, Request};
use crate::shared::Shared;
use crate::trace_context::TraceContext;
use crate::tracing::Carried;

/// A request with connections of its own, ready to be sent any number of times.
///
/// Several may be under way at once; over HTTP/2 they share a connection.
pub struct Repeat {
    own: Connections,
    request: Request,
    authorization: Option<String>,
    template: Template,
}

/// What sending a request once has measured.
#[derive(Debug)]
pub struct Shot {
    /// The response's status, or why there is none.
    pub outcome: Result<Status, Failure>,
    /// How long each phase took.
    pub timings: Timings,
    /// The address that answered, or that the last connection was opened to.
    pub remote: Option<SocketAddr>,
    /// What TLS agreed on; `None` for plain connections.
    pub tls: Option<TlsInfo>,
    /// Bytes put on the wire.
    pub sent_bytes: u64,
    /// Bytes taken from the wire.
    pub received_bytes: u64,
    /// The header fields of the answer, where one of those is among them that were asked for; otherwise none.
    pub headers: Headers,
    /// Size of the answer's body as it was sent, in bytes.
    pub body_bytes: u64,
    /// Whether the request travelled on a kept connection.
    pub reused: bool,
    /// How many times it was sent again, unseen, because the server closed a kept connection or said that it had not
    /// begun with it.
    pub repeats: u32,
    /// The trace that it is in, if it is in one.
    pub trace: Option<TraceContext>,
}

/// What is left of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The status code, 100 to 999.
    pub code: u16,
    /// HTTP/1.0, HTTP/1.1 or HTTP/2.
    pub version: http::Version,
}

impl Repeat {
    /// Prepares a request. Its cookies, redirects and body mode do not matter here.
    ///
    /// # Errors
    /// When the URL is none that can be sent to.
    pub fn new(shared: Arc<Shared>, mut request: Request) -> Result<Repeat, Failure> {
        let own = Connections::new(shared);
        let host = own.host(&request.url)?;
        request.body_mode = BodyMode::Discard;
        request.timeout = request.timeout.min(LONGEST_TIMEOUT);
        let wanted =
            request.auth == Auth::Basic && !request.headers.contains_key(http::header::AUTHORIZATION);
        let authorization = if wanted { basic_credentials(&request.url) } else { None };
        let parts = parts(&own, &request, authorization.as_deref());
        let mut head = Vec::new();
        encode(&parts, &mut head);
        let http2 = h2::request(&parts);
        let template = Template { host, head, http2, keep_with: None };
        Ok(Repeat { own, request, authorization, template })
    }

    /// Keeps the headers of answers in which one of these fields is.
    #[must_use]
    pub fn keep_headers_with(mut self, names: &'static FieldNames) -> Repeat {
        self.template.keep_with = Some(names);
        self
    }

    /// Sends it once more. `now` is when it was asked for: phases and the timeout count from there.
    ///
    /// Needs a tokio runtime with I/O and time, and for HTTP/2 one that can spawn. A future that is dropped closes its
    /// connection, or resets its HTTP/2 stream.
    pub async fn send(&self, now: Instant) -> Shot {
        let carried = self.own.trace(&self.request.headers, now);
        let traceparent = carried.and_then(Carried::field);
        let outgoing = Outgoing {
            parts: HeadParts {
                traceparent,
                ..parts(&self.own, &self.request, self.authorization.as_deref())
            },
            body: &self.request.body,
            body_mode: BodyMode::Discard,
            deadline: now + self.request.timeout,
            timeout: self.request.timeout,
            template: Some(&self.template),
        };
        let mut measured = Measured::default();
        run(&self.own, &outgoing, now, &mut measured).await;
        let (mut headers, mut body_bytes) = (Headers::default(), 0);
        let outcome = measured.outcome.map(|response| {
            (headers, body_bytes) = (response.headers, response.encoded_bytes);
            Status { code: response.status, version: response.version }
        });
        Shot {
            outcome,
            headers,
            body_bytes,
            timings: measured.timings,
            remote: measured.remote,
            tls: measured.tls,
            sent_bytes: measured.bytes.sent,
            received_bytes: measured.bytes.received,
            reused: measured.reused,
            repeats: measured.repeats,
            trace: carried.map(|carried| carried.context),
        }
    }
}

impl Status {
    /// k6's name of the protocol: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub fn proto(self) -> &'static str {
        proto(self.version)
    }
}

impl fmt::Debug for Repeat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = crate::masked::masked(&self.request.url);
        write!(formatter, "Repeat({} {url})", self.request.method)
    }
}

fn parts<'a>(own: &'a Connections, request: &'a Request, authorization: Option<&'a str>) -> HeadParts<'a> {
    HeadParts {
        method: &request.method,
        url: &request.url,
        headers: &request.headers,
        user_agent: &own.shared.config.user_agent,
        authorization,
        cookie: None,
        referer: None,
        body_length: request.body.len(),
        close: !own.shared.config.reuse_connections,
        traceparent: None,
    }
}
