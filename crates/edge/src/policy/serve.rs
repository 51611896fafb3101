//! Stored answers made into what a client gets: the whole, some bytes of it, or word that it has them already.

use http::header::{
    AGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::conditions;
use super::settings::Policy;
use super::stored::{Held, Stored};
use crate::fields::cache_status::CacheStatus;
use crate::fields::compact::Fields;
use crate::fields::range::{Asked, Bytes, Part};
use crate::fields::server_timing::SERVER_TIMING;
use crate::moment::Moment;

/// An answer that is ready for a client.
#[derive(Debug)]
pub struct Served {
    /// Its head; without `Cache-Status`, which [`Self::status`] adds.
    pub response: Response<()>,
    /// What of the stored body goes with it.
    pub content: Content,
    /// What was done.
    pub status: CacheStatus,
}

impl Served {
    /// Tells the client whose question it was how long the origin took for it: what is stored does not say.
    pub(super) fn tell(&mut self, answered: &Response<()>) {
        for value in answered.headers().get_all(SERVER_TIMING) {
            self.response.headers_mut().append(SERVER_TIMING, value.clone());
        }
    }
}

/// What of a body goes with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    None,
    /// All of it.
    All,
    /// These bytes, counted in the whole body.
    Bytes(Bytes),
}

impl Policy {
    /// A stored answer for a client; none when it lacks bytes that the client asks for.
    pub(super) fn serve(&self, now: Moment, request: &Request<()>, stored: &Stored) -> Option<Served> {
        let (mut response, content) = present(request, stored)?;
        let age = stored.age(now).as_secs();
        response.headers_mut().insert(AGE, HeaderValue::from(age));
        let status = CacheStatus {
            cache: self.name.clone(),
            hit: true,
            ttl: Some(stored.ttl(now)),
            ..CacheStatus::default()
        };
        Some(Served { response, content, status })
    }
}

/// The head and the part of the body that a request gets of an answer; none when the bytes are not there.
pub(super) fn present(request: &Request<()>, stored: &Stored) -> Option<(Response<()>, Content)> {
    if conditions::has_it(request, stored) {
        return Some((head(StatusCode::NOT_MODIFIED, not_modified(&stored.headers)), Content::None));
    }
    if let Some(asked) = conditions::asked(request, stored) {
        match bytes(asked, stored) {
            Wanted::These(bytes) if stored.has(bytes) => {
                let mut headers = stored.headers.to_map();
                let part = Part { bytes, total: stored.length };
                headers.insert(CONTENT_RANGE, HeaderValue::from_str(&part.to_string()).ok()?);
                headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                return Some((head(StatusCode::PARTIAL_CONTENT, headers), Content::Bytes(bytes)));
            }
            Wanted::None(length) => {
                let mut headers = not_modified(&stored.headers);
                headers.remove(ETAG);
                headers.insert(CONTENT_RANGE, HeaderValue::from_str(&format!("bytes */{length}")).ok()?);
                headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
                return Some((head(StatusCode::RANGE_NOT_SATISFIABLE, headers), Content::None));
            }
            Wanted::These(_) | Wanted::Unknown => {}
        }
    }
    if stored.held != Held::Whole && request.method() != Method::HEAD {
        return None;
    }
    let content = if request.method() == Method::HEAD { Content::None } else { Content::All };
    Some((head(stored.status, stored.headers.to_map()), content))
}

/// Bytes that are wanted of an answer.
enum Wanted {
    These(Bytes),
    /// There is no such byte in so many.
    None(u64),
    /// It depends on the length, which is not known.
    Unknown,
}

fn bytes(asked: Asked, stored: &Stored) -> Wanted {
    match (stored.length, asked) {
        (Some(length), _) => asked.of_length(length).map_or(Wanted::None(length), Wanted::These),
        (None, Asked::Between(first, last)) if stored.held != Held::Whole => {
            Wanted::These(Bytes { first, last })
        }
        (None, _) => Wanted::Unknown,
    }
}

/// The headers of a 304: without what describes a body that is not there (RFC 9110 §15.4.5).
fn not_modified(headers: &Fields) -> HeaderMap {
    let mut headers = headers.to_map();
    for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_RANGE] {
        headers.remove(name);
    }
    if headers.contains_key(ETAG) {
        headers.remove(LAST_MODIFIED);
    }
    headers
}

fn head(status: StatusCode, headers: HeaderMap) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
