//! The URL that a request is for, and the key that it has where no rule says otherwise.

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
        let scheme = request.uri().scheme().unwrap_or(&Scheme::HTTP).as_str().to_ascii_lowercase();
        let authority = match (request.uri().authority(), named) {
            (Some(own), Some(named)) if written(own, &scheme) != written(&named, &scheme) => {
                return Err(NoTarget::TwoHosts);
            }
            (Some(own), _) => own.clone(),
            (None, Some(named)) => named,
            (None, None) => return Err(NoTarget::NoHost),
        };
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(NoTarget::Malformed);
        }
        let target = request.uri().path_and_query();
        Ok(Self {
            origin: format!("{scheme}://{}", written(&authority, &scheme)),
            path: normal(target.map_or("/", PathAndQuery::path)),
            query: target.and_then(PathAndQuery::query).map(str::to_owned),
        })
    }
}

fn written(authority: &Authority, scheme: &str) -> String {
    let host = authority.host().to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    match authority.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{host}:{port}"),
        None => host,
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
