//! A request in HTTP/2's form, and its headers as they are shown.

use http::{HeaderMap, Uri, header};

use crate::h1::{HeadParts, takes_body, write_authority};
use crate::headers::Headers;
use crate::trace_context::{TRACEPARENT, Traceparent};

/// Why a request has no form in HTTP/2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("`{path}` can't be sent over HTTP/2: {reason}")]
    Target { path: String, reason: String },
    #[error("`{0}` has a value that can't be sent")]
    Value(header::HeaderName),
}

/// The request in HTTP/2's form: an authority in place of Host, nothing about the connection.
pub(crate) fn request(parts: &HeadParts<'_>) -> Result<http::Request<()>, RequestError> {
    let mut authority = Vec::new();
    match parts.headers.get(header::HOST) {
        Some(host) => authority.extend_from_slice(host.as_bytes()),
        None => write_authority(parts.url, &mut authority),
    }
    let path = match parts.url.query() {
        Some(query) => format!("{}?{query}", parts.url.path()),
        None => parts.url.path().to_owned(),
    };
    let uri = Uri::builder()
        .scheme(parts.url.scheme())
        .authority(&authority[..])
        .path_and_query(path)
        .build()
        .map_err(|error| RequestError::Target {
            path: parts.url.path().to_owned(),
            reason: error.to_string(),
        })?;
    let mut request = http::Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = http::Version::HTTP_2;
    let headers = request.headers_mut();
    if !parts.user_agent.is_empty() {
        add(headers, header::USER_AGENT, parts.user_agent)?;
    }
    for name in parts.headers.keys() {
        let skip = [
            header::HOST,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONNECTION,
            header::UPGRADE,
        ];
        let skip = skip.contains(name)
            || matches!(name.as_str(), "keep-alive" | "proxy-connection")
            || (*name == header::COOKIE && parts.cookie.is_some());
        if skip {
            continue;
        }
        headers.remove(name);
        for value in parts.headers.get_all(name).iter().filter(|value| !value.is_empty()) {
            headers.append(name.clone(), value.clone());
        }
    }
    if parts.body_length > 0 || takes_body(parts.method) {
        headers.insert(header::CONTENT_LENGTH, parts.body_length.into());
    }
    let optional = [
        (header::AUTHORIZATION, parts.authorization),
        (header::REFERER, parts.referer),
        (header::COOKIE, parts.cookie),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            add(headers, name, value)?;
        }
    }
    if let Some(field) = &parts.traceparent {
        add_traceparent(request.headers_mut(), field);
    }
    Ok(request)
}

/// Adds the field of a trace.
pub(super) fn add_traceparent(headers: &mut HeaderMap, field: &Traceparent) {
    let mut value = header::HeaderValue::from_bytes(field.as_bytes()).expect("digits and dashes are a value");
    // No two are the same, so that none is worth a place in the table of the connection (RFC 7541 section 6.2.3).
    value.set_sensitive(true);
    headers.insert(header::HeaderName::from_static(TRACEPARENT), value);
}

fn add(headers: &mut HeaderMap, name: header::HeaderName, value: &str) -> Result<(), RequestError> {
    let value =
        header::HeaderValue::from_bytes(value.as_bytes()).map_err(|_| RequestError::Value(name.clone()))?;
    headers.append(name, value);
    Ok(())
}

pub(super) fn sent_headers(request: &http::Request<()>) -> Headers {
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Headers::from_map(&format!("{} {target} HTTP/2.0", request.method()), request.headers())
}
