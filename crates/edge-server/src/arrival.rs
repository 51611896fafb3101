//! A client's request as it arrives: brought into one form, or refused.
//!
//! Everything behind this file sees requests whose scheme is that of the connection, whose cookies are one line, and
//! whose extensions are ours. A request whose meaning two readers could disagree on does not get that far.

use std::net::SocketAddr;

use http::header::{ALLOW, CONNECTION, COOKIE, EXPECT, HOST, MAX_FORWARDS, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use loadline_serve::{Encrypted, Peer};

use crate::loops::Loops;

/// A client's request.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Its head.
    pub(crate) request: Request<()>,
    /// Its content, as it comes.
    pub(crate) content: Incoming,
    /// Who sent it.
    pub(crate) client: Client,
    /// What its connection is to become.
    pub(crate) upgrade: Option<Upgrade>,
}

/// Who sent a request, and how.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// The other end of the connection.
    pub(crate) address: SocketAddr,
    /// Whether it speaks TLS.
    pub(crate) is_encrypted: bool,
    /// The host that it asked for.
    pub(crate) host: Option<HeaderValue>,
    /// The version that it speaks.
    pub(crate) version: http::Version,
}

/// What a connection is to become, such as a `websocket`.
#[derive(Debug)]
pub(crate) struct Upgrade {
    /// The protocol.
    pub(crate) protocol: HeaderValue,
    /// The connection, once it is.
    pub(crate) upgrading: OnUpgrade,
}

/// An answer without asking anybody.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Its status.
    pub(crate) status: StatusCode,
    /// What it says.
    pub(crate) words: &'static str,
    /// A field that it has.
    pub(crate) field: Option<(http::HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, words: &'static str) -> Self {
        Self { status, words, field: None }
    }
}

impl Arrival {
    /// A request in its one form.
    pub(crate) fn of(request: Request<Incoming>, loops: &Loops) -> Result<Self, Refusal> {
        let (mut head, content) = request.into_parts();
        let mut extensions = std::mem::take(&mut head.extensions);
        let address = extensions.get::<Peer>().map_or_else(|| ([0, 0, 0, 0], 0).into(), |peer| peer.0);
        let is_encrypted = extensions.get::<Encrypted>().is_some();
        match head.method {
            Method::CONNECT => {
                let words = "this proxy stands in front of one origin, and connects to nothing else";
                return Err(not_allowed(words));
            }
            // It would show the client's own credentials, and ours, to scripts on a page (RFC 9110 §9.3.8).
            Method::TRACE => return Err(not_allowed("requests are not traced here")),
            Method::OPTIONS => counted_down(&mut head.headers)?,
            _ => {}
        }
        if loops.is_one(&head.headers) {
            return Err(Refusal::new(
                StatusCode::LOOP_DETECTED,
                "the request has been here before: the origin's address leads back to this proxy",
            ));
        }
        let scheme = if is_encrypted { Scheme::HTTPS } else { Scheme::HTTP };
        if head.uri.scheme().is_some_and(|named| *named != scheme) || is_encrypted {
            // What a client says of the scheme is not what it speaks; without this it could choose the key.
            head.uri = with_scheme(&head.uri, &head.headers, scheme)
                .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "the host is missing or malformed"))?;
        }
        // Content is read as soon as there is somebody to read it.
        head.headers.remove(EXPECT);
        let upgrade = extensions.remove::<OnUpgrade>().and_then(|upgrading| {
            let protocol = wanted_upgrade(&head.method, head.version, &head.headers)?;
            Some(Upgrade { protocol, upgrading })
        });
        let host = head
            .headers
            .get(HOST)
            .cloned()
            .or_else(|| HeaderValue::from_str(head.uri.authority()?.as_str()).ok());
        if let Some(host) = &host
            && !head.headers.contains_key(HOST)
        {
            head.headers.insert(HOST, host.clone());
        }
        one_cookie_line(&mut head.headers);
        let client = Client { address, is_encrypted, host, version: head.version };
        Ok(Self { request: Request::from_parts(head, ()), content, client, upgrade })
    }
}

fn not_allowed(words: &'static str) -> Refusal {
    let allowed = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY");
    Refusal { status: StatusCode::METHOD_NOT_ALLOWED, words, field: Some((ALLOW, allowed)) }
}

/// `Max-Forwards` says how many proxies an `OPTIONS` may still pass (RFC 9110 §7.6.2).
fn counted_down(headers: &mut HeaderMap) -> Result<(), Refusal> {
    let Some(left) = headers.get(MAX_FORWARDS) else { return Ok(()) };
    let left = left.to_str().ok().and_then(|left| left.trim().parse::<u32>().ok());
    match left {
        Some(0) => {
            let field = not_allowed("").field;
            Err(Refusal { status: StatusCode::OK, words: "", field })
        }
        Some(left) => {
            headers.insert(MAX_FORWARDS, HeaderValue::from(left - 1));
            Ok(())
        }
        None => {
            headers.remove(MAX_FORWARDS);
            Ok(())
        }
    }
}

/// The same address with another scheme; with the host of its header where it has none of its own.
fn with_scheme(uri: &Uri, headers: &HeaderMap, scheme: Scheme) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    if parts.authority.is_none() {
        let mut hosts = headers.get_all(HOST).iter();
        let (host, None) = (hosts.next()?, hosts.next()) else { return None };
        parts.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    }
    parts.scheme = Some(scheme);
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).ok()
}

/// The protocol that a client wants to go on with.
fn wanted_upgrade(method: &Method, version: http::Version, headers: &HeaderMap) -> Option<HeaderValue> {
    if *method != Method::GET || version != http::Version::HTTP_11 {
        return None;
    }
    let mut protocols = headers.get_all(UPGRADE).iter();
    let (protocol, None) = (protocols.next()?, protocols.next()) else { return None };
    let says_so = headers.get_all(CONNECTION).iter().any(|line| {
        line.to_str()
            .is_ok_and(|line| line.split(',').any(|word| word.trim().eq_ignore_ascii_case("upgrade")))
    });
    // HTTP/2 in the middle of a connection would be requests that nobody here reads.
    let is_http = protocol.as_bytes().to_ascii_lowercase().starts_with(b"h2")
        || protocol.as_bytes().to_ascii_lowercase().starts_with(b"http");
    let is_one = !protocol.as_bytes().contains(&b',');
    (says_so && is_one && !is_http).then(|| protocol.clone())
}

/// HTTP/2 has a line for each cookie, which HTTP/1.1 has not (RFC 9113 §8.2.3).
fn one_cookie_line(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter();
    if lines.next().is_none() || lines.next().is_none() {
        return;
    }
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(line) = HeaderValue::from_bytes(&lines.join(&b"; "[..])) {
        headers.insert(COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_what_is_not_http_is_upgraded_to() {
        let wanted = |lines: &[(&'static str, &str)]| {
            wanted_upgrade(&Method::GET, http::Version::HTTP_11, &headers(lines)).is_some()
        };
        assert!(wanted(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]));
        assert!(!wanted(&[("connection", "keep-alive"), ("upgrade", "websocket")]));
        assert!(!wanted(&[("connection", "upgrade")]));
        for protocol in ["h2c", "H2C", "HTTP/2.0", "websocket, h2c"] {
            assert!(!wanted(&[("connection", "upgrade"), ("upgrade", protocol)]), "{protocol}");
        }
        let two = [("connection", "upgrade"), ("upgrade", "websocket"), ("upgrade", "h2c")];
        assert!(!wanted(&two));
        let lines = headers(&two[..2]);
        assert!(wanted_upgrade(&Method::POST, http::Version::HTTP_11, &lines).is_none());
        assert!(wanted_upgrade(&Method::GET, http::Version::HTTP_10, &lines).is_none());
    }

    #[test]
    fn the_scheme_is_that_of_the_connection() {
        let with = |uri: &str, host: &str| {
            with_scheme(&uri.parse().unwrap(), &headers(&[("host", host)]), Scheme::HTTPS)
        };
        assert_eq!(with("/a?b", "shop.test").unwrap(), "https://shop.test/a?b");
        assert_eq!(with("http://shop.test/a", "shop.test").unwrap(), "https://shop.test/a");
        assert_eq!(with("/a", "sh op"), None);
        assert_eq!(with_scheme(&"/a".parse().unwrap(), &HeaderMap::new(), Scheme::HTTPS), None);
    }

    #[test]
    fn cookies_are_one_line() {
        let mut lines = headers(&[("cookie", "a=1"), ("cookie", "b=2")]);
        one_cookie_line(&mut lines);
        assert_eq!(lines.get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }

    #[test]
    fn forwards_are_counted_down() {
        let mut lines = headers(&[("max-forwards", "2")]);
        assert!(counted_down(&mut lines).is_ok() && lines[MAX_FORWARDS] == "1");
        let mut none = headers(&[("max-forwards", "0")]);
        assert_eq!(counted_down(&mut none).unwrap_err().status, StatusCode::OK);
        let mut nonsense = headers(&[("max-forwards", "many")]);
        assert!(counted_down(&mut nonsense).is_ok() && nonsense.is_empty());
    }
}
