//! One message as one call of gRPC: a request of HTTP/2 whose outcome is in the fields behind the body, which the
//! load's client leaves out.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. What a status means is OTLP's word
//! (<https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response>), told as the status of HTTP that means the same.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Method, Request, Uri, Version};
use loadline_tls::{Lenient, system_roots};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::endpoint::Endpoint;
use crate::form::{Answer, Message};

/// Bytes of an answer that are looked at.
const LARGEST_ANSWER: usize = 1 << 20;
/// A message of gRPC begins with whether it is compressed, and its length.
const HEAD: usize = 5;

/// A receiver that is called.
pub(super) struct Grpc {
    url: Url,
    headers: HeaderMap,
    insecure: bool,
    /// The connection that is open.
    open: RefCell<Option<SendRequest<Bytes>>>,
}

impl Grpc {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        let Endpoint { url, headers, insecure, .. } = endpoint.clone();
        Self { url, headers, insecure, open: RefCell::default() }
    }

    /// What the receiver says to a message; or why it says nothing.
    pub(super) async fn send(&self, message: &Message, patience: Duration) -> Result<Answer, String> {
        let open = self.open.take();
        let connection = match open {
            Some(open) => match open.ready().await {
                Ok(ready) => ready,
                // It was closed meanwhile.
                Err(_) => self.connect().await?,
            },
            None => self.connect().await?,
        };
        let answer = self.call(connection.clone(), message, patience).await;
        if answer.is_ok() {
            *self.open.borrow_mut() = Some(connection);
        }
        answer
    }

    async fn call(
        &self,
        mut connection: SendRequest<Bytes>,
        message: &Message,
        patience: Duration,
    ) -> Result<Answer, String> {
        let uri: Uri = self.url.as_str().parse().map_err(|_| "its address is none of HTTP".to_owned())?;
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        let timeout = format!("{}m", patience.as_millis().clamp(1, 99_999_999));
        for (name, value) in [
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("user-agent", AGENT),
            ("grpc-timeout", &timeout),
        ] {
            headers.insert(name, value.parse().map_err(|_| "a field that is none".to_owned())?);
        }
        let mut body = BytesMut::with_capacity(HEAD + message.body.len());
        body.put_u8(0);
        body.put_u32(message.body.len() as u32);
        body.extend_from_slice(&message.body);
        let broken = |error: h2::Error| format!("the connection broke: {error}");
        let (response, mut stream) = connection.send_request(request, false).map_err(broken)?;
        stream.send_data(body.freeze(), true).map_err(broken)?;
        let response = response.await.map_err(broken)?;
        let (parts, mut body) = response.into_parts();
        if parts.status != 200 {
            let line = parts.status.to_string();
            return Ok(Answer {
                status: parts.status.as_u16(),
                line,
                headers: parts.headers,
                ..Answer::default()
            });
        }
        let mut bytes = BytesMut::new();
        while let Some(part) = body.data().await {
            let part = part.map_err(broken)?;
            let _ = body.flow_control().release_capacity(part.len());
            if bytes.len() + part.len() > LARGEST_ANSWER {
                return Err(format!("its answer has more than {LARGEST_ANSWER} bytes"));
            }
            bytes.extend_from_slice(&part);
        }
        // Without a body everything is in the head.
        let trailers = body.trailers().await.map_err(broken)?.unwrap_or(parts.headers);
        answer(&trailers, &bytes.freeze())
    }

    async fn connect(&self) -> Result<SendRequest<Bytes>, String> {
        let host = self.url.host_str().unwrap_or_default();
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.url.port_or_known_default().unwrap_or(4317);
        let failed = |error: &dyn std::fmt::Display| format!("cannot connect to `{host}:{port}`: {error}");
        let stream = TcpStream::connect((name, port)).await.map_err(|error| failed(&error))?;
        let _ = stream.set_nodelay(true);
        if self.url.scheme() == "http" {
            return handshake(stream).await.map_err(|error| failed(&error));
        }
        let server = ServerName::try_from(name.to_owned()).map_err(|error| failed(&error))?;
        let tls = TlsConnector::from(Arc::new(tls(self.insecure).map_err(|error| failed(&error))?));
        let stream = tls.connect(server, stream).await.map_err(|error| failed(&error))?;
        handshake(stream).await.map_err(|error| failed(&error))
    }
}

const AGENT: &str = concat!("loadline/", env!("CARGO_PKG_VERSION"));

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Bytes>, h2::Error> {
    let (sender, connection) = h2::client::handshake(stream).await?;
    // It ends when nobody can send on it any more, and its error is that of the next call.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn tls(insecure: bool) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = if insecure {
        let verifier = Arc::new(Lenient::any_certificate(provider));
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    } else {
        builder.with_root_certificates(system_roots().roots).with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The outcome of a call as an answer of HTTP.
pub(crate) fn answer(trailers: &HeaderMap, body: &Bytes) -> Result<Answer, String> {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let status: u16 =
        text("grpc-status").and_then(|text| text.parse().ok()).ok_or("its answer is none of gRPC")?;
    let words = text("grpc-message").unwrap_or_default();
    let (http, name) = meaning(status);
    let message = if body.len() >= HEAD && body[0] == 0 { body.slice(HEAD..) } else { Bytes::new() };
    Ok(Answer {
        status: http,
        line: format!("{name} (gRPC status {status})"),
        headers: HeaderMap::new(),
        body: if http == 200 { message } else { Bytes::from(decoded(words)) },
    })
}

/// `grpc-message` is percent-encoded.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *byte == b'%');
        plain.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The status of HTTP that means the same, and its name.
fn meaning(status: u16) -> (u16, &'static str) {
    match status {
        0 => (200, "OK"),
        1 => (503, "CANCELLED"),
        2 => (400, "UNKNOWN"),
        3 => (400, "INVALID_ARGUMENT"),
        4 => (504, "DEADLINE_EXCEEDED"),
        5 => (404, "NOT_FOUND"),
        7 => (403, "PERMISSION_DENIED"),
        8 => (429, "RESOURCE_EXHAUSTED"),
        10 => (503, "ABORTED"),
        11 => (503, "OUT_OF_RANGE"),
        12 => (400, "UNIMPLEMENTED"),
        13 => (400, "INTERNAL"),
        14 => (503, "UNAVAILABLE"),
        15 => (503, "DATA_LOSS"),
        16 => (401, "UNAUTHENTICATED"),
        _ => (400, "an unknown status"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    use super::*;
    use crate::receiver::Kind;

    #[test]
    fn what_a_call_came_to() {
        let trailers = |fields: &[(&'static str, &'static str)]| -> HeaderMap {
            fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        };
        let good =
            answer(&trailers(&[("grpc-status", "0")]), &Bytes::from_static(b"\0\0\0\0\x02ab")).unwrap();
        assert_eq!((good.status, &*good.body), (200, &b"ab"[..]));
        let fields = [("grpc-status", "16"), ("grpc-message", "who are you%3F 100%")];
        let bad = answer(&trailers(&fields), &Bytes::new()).unwrap();
        assert_eq!((bad.status, &*bad.body), (401, &b"who are you? 100%"[..]));
        assert_eq!(bad.line, "UNAUTHENTICATED (gRPC status 16)");
        assert!(answer(&trailers(&[]), &Bytes::new()).is_err());
        assert_eq!((meaning(14).0, meaning(8).0, meaning(13).0), (503, 429, 400));
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_read(text in "[ -~]{0,40}", any in ".{0,40}") {
            let mut encoded = String::new();
            for byte in any.bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            prop_assert_eq!(decoded(&encoded), any);
            prop_assert!(decoded(&text).len() <= 3 * text.len());
        }
    }

    /// A server of one connection that answers calls in turn: in the head alone, or behind a body.
    async fn serve(listener: TcpListener, outcomes: Vec<(u16, bool)>) -> Vec<Bytes> {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut bodies = Vec::new();
        for (status, in_head) in outcomes {
            let (request, mut respond) = connection.accept().await.unwrap().unwrap();
            assert_eq!(request.headers()["content-type"], "application/grpc");
            assert_eq!(request.headers()["te"], "trailers");
            let mut body = request.into_body();
            let answers = async {
                let mut all = BytesMut::new();
                while let Some(part) = body.data().await {
                    let part = part.unwrap();
                    body.flow_control().release_capacity(part.len()).unwrap();
                    all.extend_from_slice(&part);
                }
                let fields = [("grpc-status", status.to_string()), ("grpc-message", "it is%20so".to_owned())];
                let fields = fields.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
                let trailers = HeaderMap::from_iter(fields);
                let mut response = http::Response::new(());
                if in_head {
                    *response.headers_mut() = trailers;
                    respond.send_response(response, true).unwrap();
                } else {
                    let mut stream = respond.send_response(response, false).unwrap();
                    stream.send_data(Bytes::from_static(&[0; HEAD]), false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                }
                all.freeze()
            };
            // The connection has to be driven while a call is answered.
            tokio::pin!(answers);
            let all = tokio::select! {
                all = &mut answers => all,
                _ = connection.accept() => panic!("one call at a time"),
            };
            bodies.push(all);
        }
        // Until what was said is written, and whoever called is gone.
        while connection.accept().await.is_some() {}
        bodies
    }

    #[test]
    fn calls_go_over_one_connection_and_their_outcome_is_behind_the_body() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bodies = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/pkg.Service/Export", listener.local_addr().unwrap());
            let endpoint = Endpoint::new(Kind::OpenTelemetry, &url, "/").unwrap();
            let server = tokio::spawn(serve(listener, vec![(0, false), (14, true), (16, false)]));
            let grpc = Grpc::new(&endpoint);
            let message =
                |text: &'static str| Message { body: text.into(), fields: &[], points: 1, series: vec![] };
            let mut statuses = Vec::new();
            for text in ["one", "two", "three"] {
                let answer = grpc.send(&message(text), Duration::from_mins(1)).await.unwrap();
                statuses.push((answer.status, String::from_utf8(answer.body.to_vec()).unwrap()));
            }
            let said = "it is so".to_owned();
            assert_eq!(statuses, [(200, String::new()), (503, said.clone()), (401, said)]);
            drop(grpc);
            server.await.unwrap()
        });
        assert_eq!(bodies, [&b"\0\0\0\0\x03one"[..], b"\0\0\0\0\x03two", b"\0\0\0\0\x05three"]);
    }
}
