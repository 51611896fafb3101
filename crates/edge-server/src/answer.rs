//! Answers as they leave: with `Via`, without what is of one connection, and with a word where there is no content.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VIA};
use http::{HeaderValue, Response, StatusCode};
use loadline_edge::Reply;
use loadline_edge::fields::cache_status::CacheStatus;

use crate::arrival::Refusal;
use crate::body::Body;
use crate::forwarded::via;
use crate::origin::Failure;
use crate::outcome::Outcome;

/// What the cache says.
pub(crate) fn of(reply: Reply) -> Response<Body> {
    let outcome = Outcome::of(&reply.status);
    reply.response.map(|bytes| Body::whole(bytes).with_outcome(outcome))
}

/// Puts another member of this cache in place of the one that is there.
pub(crate) fn again<B>(response: &mut Response<B>, status: &CacheStatus) {
    use loadline_edge::fields::cache_status::CACHE_STATUS;
    let headers = response.headers_mut();
    let mut members: Vec<HeaderValue> = headers.get_all(CACHE_STATUS).iter().cloned().collect();
    members.pop();
    headers.remove(CACHE_STATUS);
    for member in members {
        headers.append(CACHE_STATUS, member);
    }
    status.append_to(headers);
}

/// An answer of our own, with words for people.
pub(crate) fn spoken(status: StatusCode, words: &str) -> Response<Body> {
    let body = if words.is_empty() { String::new() } else { format!("{words}\n") };
    let mut response = Response::new(Body::whole(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// That the origin gave no answer, and why; whoever was kept from it may come again soon.
pub(crate) fn failed(failure: &Failure) -> Response<Body> {
    let mut response = spoken(failure.status(), &failure.to_string());
    if failure.is_unasked() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// An answer of our own, for programs.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut response = spoken(status, &value.to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer without asking anybody.
pub(crate) fn refused(cache: &str, refusal: &Refusal) -> Response<Body> {
    let mut response = spoken(refusal.status, refusal.words);
    if let Some((name, value)) = &refusal.field {
        response.headers_mut().insert(name, value.clone());
    }
    let status =
        CacheStatus { cache: cache.to_owned(), detail: Some("refused".to_owned()), ..CacheStatus::default() };
    status.append_to(response.headers_mut());
    response
}

/// Puts on what all answers have, and takes off what this one cannot.
pub(crate) fn finish(response: &mut Response<Body>, is_head: bool) {
    if is_head || response.status() == StatusCode::NOT_MODIFIED {
        let outcome = response.body().outcome();
        *response.body_mut() = Body::whole(bytes::Bytes::new()).with_outcome(outcome);
    }
    response.headers_mut().append(VIA, via(http::Version::HTTP_11));
}
