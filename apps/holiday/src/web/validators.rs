//! Validators of what is sent whole: answers that a client has already, and parts of answers.
//!
//! Handlers give the strong tag of their content, and what comes behind them may compress it. Two encodings are not the
//! same bytes, so they may not have the same strong tag (RFC 9110 §8.8.3.3): each has a suffix of its own, as Apache and
//! Caddy do it, where nginx and Varnish make the tag weak. That is why conditions are looked at here, when it is known
//! which encoding a client would get, and not in the handlers.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use loadline_edge::fields::{
    etag::{EntityTag, NoneMatch},
    range::{Asked, Part},
};

/// What a request says of what its client has, and which bytes it wants.
pub(crate) struct Conditions {
    method: Method,
    none_match: Option<NoneMatch>,
    range: Option<Asked>,
    if_range: Option<HeaderValue>,
}

impl Conditions {
    /// Of a request.
    pub(crate) fn of(request: &Request) -> Conditions {
        let headers = request.headers();
        let range = Asked::of(headers).filter(|_| request.method() == Method::GET);
        Conditions {
            method: request.method().clone(),
            none_match: NoneMatch::of(headers),
            range,
            if_range: headers.get(header::IF_RANGE).cloned(),
        }
    }

    /// Whether it wants a part of this answer, which then must not be compressed: positions are those of the content.
    pub(crate) fn wants_part(&self, response: &Response) -> bool {
        let Some(tag) = strong_tag(response.headers()) else { return false };
        let is_same = self.if_range.as_ref().is_none_or(|written| {
            EntityTag::parse(written.as_bytes()).is_some_and(|named| named.is_strongly(&tag))
        });
        self.range.is_some() && response.status() == StatusCode::OK && is_same
    }

    /// The answer as a client with these conditions gets it; `as_part` when it [wants a part](Self::wants_part) of it.
    pub(crate) async fn answer(&self, mut response: Response, as_part: bool) -> Response {
        let is_read = self.method == Method::GET || self.method == Method::HEAD;
        if !is_read || response.status() != StatusCode::OK {
            return response;
        }
        let Some(tag) = strong_tag(response.headers()) else { return response };
        let tag = of_encoding(tag, response.headers());
        if let Some(value) = tag.value() {
            response.headers_mut().insert(header::ETAG, value);
        }
        if self.none_match.as_ref().is_some_and(|named| named.names(Some(&tag))) {
            return not_modified(response);
        }
        let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
        if !encoded {
            response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        }
        match self.range.filter(|_| as_part && !encoded) {
            Some(asked) => part(asked, response).await,
            None => response,
        }
    }
}

fn strong_tag(headers: &HeaderMap) -> Option<EntityTag> {
    EntityTag::of(headers).filter(|tag| !tag.is_weak)
}

/// `"abc"` sent as gzip is `"abc-gzip"`.
fn of_encoding(mut tag: EntityTag, headers: &HeaderMap) -> EntityTag {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        tag.opaque.push(b'-');
        tag.opaque.extend_from_slice(encoding.as_bytes());
    }
    tag
}

/// Without the body and what describes it (RFC 9110 §15.4.5).
fn not_modified(mut response: Response) -> Response {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        response.headers_mut().remove(name);
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    response
}

/// The bytes that are asked for, of content that is in memory.
async fn part(asked: Asked, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(content) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(head, Body::empty());
    };
    let length = content.len() as u64;
    let (said, body) = if let Some(bytes) = asked.of_length(length) {
        head.status = StatusCode::PARTIAL_CONTENT;
        let part = Part { bytes, total: Some(length) };
        (part.to_string(), content.slice(bytes.first as usize..=bytes.last as usize))
    } else {
        head.status = StatusCode::RANGE_NOT_SATISFIABLE;
        (format!("bytes */{length}"), content.slice(..0))
    };
    head.headers.insert(header::CONTENT_RANGE, said.parse().expect("digits and fixed letters"));
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(head, Body::from(body))
}
