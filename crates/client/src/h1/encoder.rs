//! From a request to bytes: one buffer, written once.

use http::{HeaderMap, Method, header};
use url::Url;

use crate::headers::write_canonical;
use crate::trace_context::Traceparent;

/// Everything that goes into a request's head.
pub(crate) struct HeadParts<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) user_agent: &'a str,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) cookie: Option<&'a str>,
    pub(crate) referer: Option<&'a str>,
    pub(crate) body_length: usize,
    pub(crate) close: bool,
    /// Beside the fields of the request.
    pub(crate) traceparent: Option<Traceparent>,
}

/// Whether a request of this method announces a body even when it is empty.
pub(crate) fn takes_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Appends the head to `out`. Names are written as browsers and k6 write them, `Content-Type`: a few old servers care.
pub(crate) fn encode(parts: &HeadParts<'_>, out: &mut Vec<u8>) {
    let put = |out: &mut Vec<u8>, texts: &[&[u8]]| texts.iter().for_each(|text| out.extend_from_slice(text));
    put(out, &[parts.method.as_str().as_bytes(), b" ", parts.url.path().as_bytes()]);
    if let Some(query) = parts.url.query() {
        put(out, &[b"?", query.as_bytes()]);
    }
    out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
    match parts.headers.get(header::HOST) {
        Some(host) => out.extend_from_slice(host.as_bytes()),
        None => write_authority(parts.url, out),
    }
    out.extend_from_slice(b"\r\n");
    if !parts.user_agent.is_empty() && !parts.headers.contains_key(header::USER_AGENT) {
        put(out, &[b"User-Agent: ", parts.user_agent.as_bytes(), b"\r\n"]);
    }
    if parts.body_length > 0 || takes_body(parts.method) {
        out.extend_from_slice(b"Content-Length: ");
        write_number(parts.body_length, out);
        out.extend_from_slice(b"\r\n");
    }
    for (name, value) in parts.headers {
        let ours = *name == header::HOST
            || *name == header::CONTENT_LENGTH
            || *name == header::TRANSFER_ENCODING
            || (*name == header::COOKIE && parts.cookie.is_some())
            || (*name == header::USER_AGENT && value.is_empty());
        if !ours {
            write_canonical(out, name.as_str());
            put(out, &[b": ", value.as_bytes(), b"\r\n"]);
        }
    }
    let optional = [
        (&b"Authorization: "[..], parts.authorization),
        (b"Referer: ", parts.referer),
        (b"Cookie: ", parts.cookie),
        (b"Connection: ", parts.close.then_some("close")),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            put(out, &[name, value.as_bytes(), b"\r\n"]);
        }
    }
    if let Some(field) = &parts.traceparent {
        write_traceparent(field, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// The line of a trace.
pub(crate) fn write_traceparent(field: &Traceparent, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Traceparent: ");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// `host` or `host:port`.
pub(crate) fn write_authority(url: &Url, out: &mut Vec<u8>) {
    out.extend_from_slice(url.host_str().unwrap_or_default().as_bytes());
    if let Some(port) = url.port() {
        out.push(b':');
        write_number(port.into(), out);
    }
}

fn write_number(number: usize, out: &mut Vec<u8>) {
    use std::io::Write as _;
    write!(out, "{number}").expect("writing to memory never fails");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        method: &Method,
        url: &str,
        headers: &[(&'static str, &str)],
        body_length: usize,
        expected: &str,
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let url = Url::parse(url).unwrap();
        let parts = HeadParts {
            method,
            url: &url,
            headers: &map,
            user_agent: "ll",
            authorization: None,
            cookie: None,
            referer: None,
            body_length,
            close: false,
            traceparent: None,
        };
        let mut out = Vec::new();
        encode(&parts, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected.replace('\n', "\r\n"));
    }

    #[test]
    fn heads_are_written_as_expected() {
        let get = &Method::GET;
        check(get, "http://a", &[], 0, "GET / HTTP/1.1\nHost: a\nUser-Agent: ll\n\n");
        check(
            get,
            "https://u:p@[::1]:8443/a b?x=1&y=%20#f",
            &[("x-one", "1"), ("x-one", "2"), ("user-agent", "")],
            0,
            "GET /a%20b?x=1&y=%20 HTTP/1.1\nHost: [::1]:8443\nX-One: 1\nX-One: 2\n\n",
        );
        check(
            &Method::POST,
            "http://a:80/",
            &[
                ("host", "b"),
                ("content-length", "99"),
                ("transfer-encoding", "chunked"),
                ("user-agent", "me"),
            ],
            0,
            "POST / HTTP/1.1\nHost: b\nContent-Length: 0\nUser-Agent: me\n\n",
        );
        check(
            &Method::DELETE,
            "http://a/",
            &[("user-agent", "")],
            5,
            "DELETE / HTTP/1.1\nHost: a\nContent-Length: 5\n\n",
        );
    }
}
