//! The fields by which a proxy says for whom it asks, and that it is in between.
//!
//! A client can write anything into `X-Forwarded-For`, and everybody behind believes it. So what comes with a request
//! is not passed on, but replaced by what this proxy knows itself.

use http::header::{HOST, VIA};
use http::{HeaderMap, HeaderName, HeaderValue, Version};

use crate::arrival::Client;
use crate::loops::Loops;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The same in one field; nobody here writes it, so it can only be a client's.
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// Puts them on a request to the origin.
pub(crate) fn put(headers: &mut HeaderMap, client: &Client, host: Option<&HeaderValue>, loops: &Loops) {
    for name in [FORWARDED, REAL_IP, PORT] {
        headers.remove(name);
    }
    if let Ok(address) = HeaderValue::from_str(&client.address.ip().to_canonical().to_string()) {
        headers.insert(FOR, address);
    }
    let scheme = if client.is_encrypted { "https" } else { "http" };
    headers.insert(PROTO, HeaderValue::from_static(scheme));
    match &client.host {
        Some(asked) => headers.insert(FORWARDED_HOST, asked.clone()),
        None => headers.remove(FORWARDED_HOST),
    };
    if let Some(host) = host {
        headers.insert(HOST, host.clone());
    }
    headers.append(VIA, via(client.version));
    loops.sign(headers);
}

/// What says that a message has passed here (RFC 9110 §7.6.3).
pub(crate) fn via(version: Version) -> HeaderValue {
    HeaderValue::from_static(match version {
        Version::HTTP_2 => "2.0 loadline",
        Version::HTTP_10 => "1.0 loadline",
        _ => "1.1 loadline",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            address: "203.0.113.5:1234".parse().unwrap(),
            is_encrypted: true,
            host: Some(HeaderValue::from_static("shop.test")),
            version: Version::HTTP_11,
        }
    }

    #[test]
    fn what_a_client_says_of_itself_is_not_passed_on() {
        let mut headers = HeaderMap::new();
        for name in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip"] {
            headers.append(name, HeaderValue::from_static("127.0.0.1"));
        }
        let host = HeaderValue::from_static("origin.test");
        put(&mut headers, &client(), Some(&host), &Loops::new());
        assert_eq!(headers[FOR], "203.0.113.5");
        assert_eq!(headers[PROTO], "https");
        assert_eq!(headers[FORWARDED_HOST], "shop.test");
        assert_eq!(headers[HOST], "origin.test");
        assert!(!headers.contains_key(FORWARDED) && !headers.contains_key(REAL_IP));
    }
}
