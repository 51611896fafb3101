//! The URL that a request is for, and the key that it has where no rule says otherwise.

use std::borrow::Cow;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request};
use thiserror::Error;

use super::content::content_digest;
use super::part::{Key, Part, PartName};
use crate::query::normal;

/// The URL that a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Scheme and authority, in lower case and without the scheme's own port.
    pub origin: String,
    /// The path in its normal form (RFC 3986 §6.2.2); dots and empty segments stay, because origins differ in them.
    pub path: String,
    /// The query as it was written; none without a `?`.
    pub query: Option<String>,
}

/// Why nobody knows which URL a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoTarget {
    /// It names no host.
    #[error("the request names no host: give a whole URL or a `Host` header")]
    NoHost,
    /// Its `Host` is there twice, or is not the host of its URL.
    #[error("the request names two hosts")]
    TwoHosts,
    /// Its host is malformed.
    #[error("the host is malformed")]
    Malformed,
}

impl Target {
    /// The URL that a request is for: its own, or that of its `Host`.
    ///
    /// # Errors
    /// It names no host, two, or one that is none.
    pub fn of(request: &Request<()>) -> Result<Self, NoTarget> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Err(NoTarget::TwoHosts);
        }
        let named = host
            .map(|host| Authority::try_from(host.as_bytes()))
            .transpose()
            .map_err(|_| NoTarget::Malformed)?;
        let scheme = lower(request.uri().scheme().unwrap_or(&Scheme::HTTP).as_str());
        let authority = match (request.uri().authority(), named) {
            (Some(own), Some(named)) if written(own, &scheme) != written(&named, &scheme) => {
                return Err(NoTarget::TwoHosts);
            }
            (Some(own), _) => own.clone(),
            (None, Some(named)) => named,
            (None, None) => return Err(NoTarget::NoHost),
        };
        let text = authority.as_str();
        if text.starts_with(':') || text.contains('@') {
            return Err(NoTarget::Malformed);
        }
        let target = request.uri().path_and_query();
        Ok(Self {
            origin: [&*scheme, "://", &written(&authority, &scheme)].concat(),
            path: normal(target.map_or("/", PathAndQuery::path)),
            query: target.and_then(PathAndQuery::query).map(str::to_owned),
        })
    }
}

/// An authority in its one form.
fn written<'a>(authority: &'a Authority, scheme: &str) -> Cow<'a, str> {
    let usual = if scheme == "https" { 443 } else { 80 };
    if is_as_written(authority.as_str(), usual) {
        return Cow::Borrowed(authority.as_str());
    }
    let host = lower(authority.host());
    match authority.port_u16().filter(|port| *port != usual) {
        Some(port) => Cow::Owned(format!("{host}:{port}")),
        None => host,
    }
}

/// Whether an authority is in its one form already, as most are: a name in lower case, and a port that has to be said.
fn is_as_written(authority: &str, usual: u16) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte);
    let name = authority.as_bytes().iter().take_while(|byte| is_of_name(byte)).count();
    match authority[name..].strip_prefix(':') {
        Some(port) => {
            port.starts_with(|first: char| matches!(first, '1'..='9'))
                && port.parse::<u16>().is_ok_and(|port| port != usual)
        }
        None => name == authority.len(),
    }
}

/// In lower case, as most are written.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The key that a request has where no rule says otherwise: its method, its URL, and the content of a `QUERY`.
///
/// # Errors
/// Nobody knows which URL it is for.
pub fn plain(request: &Request<()>, content: &[u8]) -> Result<Key, NoTarget> {
    let target = Target::of(request)?;
    let mut parts = vec![
        Part { name: PartName::Method, value: Some(method(request).to_owned()) },
        Part { name: PartName::Origin, value: Some(target.origin) },
        Part { name: PartName::Path, value: Some(target.path) },
        Part { name: PartName::Query, value: target.query.map(|query| normal(&query)) },
    ];
    parts.extend(content_part(request, content));
    Ok(Key { parts })
}

/// The method whose answers a request is served with.
pub(crate) fn method(request: &Request<()>) -> &str {
    if request.method() == Method::HEAD { "GET" } else { request.method().as_str() }
}

/// What stands for the content of a `QUERY`.
pub(crate) fn content_part(request: &Request<()>, content: &[u8]) -> Option<Part> {
    let is_query = request.method().as_str() == "QUERY";
    is_query
        .then(|| Part { name: PartName::Content, value: Some(content_digest(request.headers(), content)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_one_form() {
        for (authority, scheme, expected) in [
            ("shop.test", "http", "shop.test"),
            ("Shop.Test", "http", "shop.test"),
            ("shop.test:80", "http", "shop.test"),
            ("shop.test:080", "http", "shop.test"),
            ("shop.test:443", "https", "shop.test"),
            ("shop.test:443", "http", "shop.test:443"),
            ("shop.test:8080", "http", "shop.test:8080"),
            ("SHOP.test:8080", "http", "shop.test:8080"),
            ("shop.test:08080", "http", "shop.test:8080"),
            ("me@shop.test:8080", "http", "shop.test:8080"),
            ("127.0.0.1:8001", "http", "127.0.0.1:8001"),
            ("[::1]:8080", "http", "[::1]:8080"),
            ("[FE80::A]:8080", "http", "[fe80::a]:8080"),
            ("[::1]", "http", "[::1]"),
            ("shop.test:", "http", "shop.test"),
            ("shop.test:99999", "http", "shop.test"),
            ("shop_1.test:8080", "http", "shop_1.test:8080"),
        ] {
            let parsed: Authority = authority.parse().unwrap();
            assert_eq!(written(&parsed, scheme), expected, "{authority} over {scheme}");
        }
    }
}
