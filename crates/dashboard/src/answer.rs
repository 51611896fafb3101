//! Answers, and what every one of them says to a browser.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use loadline_page::served_nothing;
use loadline_secrets::masked;

use crate::channel::Channel;
use crate::events::events;

/// The body of any answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Program and style are this server's own files, and so is what is asked for; nothing else may be loaded, run or sent,
/// and no other page may show this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: blob:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An answer with these headers, and those that all have.
fn answer(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}

/// A page.
pub(crate) fn page(html: String) -> Response<Body> {
    answer(StatusCode::OK, "text/html; charset=utf-8", full(html))
}

/// A page that says why there is none.
pub(crate) fn nothing(status: StatusCode, why: &str) -> Response<Body> {
    answer(status, "text/html; charset=utf-8", full(served_nothing(why)))
}

/// A file of the page's.
pub(crate) fn file(kind: &'static str, text: &'static str) -> Response<Body> {
    answer(StatusCode::OK, kind, full(text))
}

/// Words, where there is no page.
pub(crate) fn words(status: StatusCode, text: &str) -> Response<Body> {
    answer(status, "text/plain; charset=utf-8", full(format!("{text}\n")))
}

/// JSON.
pub(crate) fn json(status: StatusCode, text: &str) -> Response<Body> {
    answer(status, "application/json; charset=utf-8", full(masked(text).into_owned()))
}

/// Another path, with a cookie.
pub(crate) fn elsewhere(path: &str, cookie: &str) -> Response<Body> {
    let mut response = words(StatusCode::SEE_OTHER, "this way");
    for (name, value) in [(LOCATION, path), (SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What happens in a run, as it happens.
pub(crate) fn stream(channel: Arc<Channel>, had: Option<u64>) -> Response<Body> {
    let body = StreamBody::new(events(channel, had)).boxed_unsync();
    answer(StatusCode::OK, "text/event-stream", body)
}
