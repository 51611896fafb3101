//! A client's conditions, evaluated against what is to be sent (RFC 9111 §4.3.2, RFC 9110 §13).
//!
//! `If-Match` and `If-Unmodified-Since` are for whoever has the resource itself: requests with them go to the origin.

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, Method, Request};

use super::stored::Stored;
use crate::fields::date;
use crate::fields::etag::{EntityTag, NoneMatch};
use crate::fields::list::first;
use crate::fields::range::Asked;

/// Whether a request has a condition that only the origin can judge.
pub(super) fn is_for_the_origin(request: &Request<()>) -> bool {
    request.headers().contains_key(IF_MATCH) || request.headers().contains_key(IF_UNMODIFIED_SINCE)
}

/// Whether a request has a condition, or asks for a part.
pub(super) fn are_there(request: &Request<()>) -> bool {
    [IF_MATCH, IF_UNMODIFIED_SINCE, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE, RANGE]
        .iter()
        .any(|name| request.headers().contains_key(name))
}

/// Whether the client has what would be sent: a 304 will do.
pub(super) fn has_it(request: &Request<()>, stored: &Stored) -> bool {
    if !stored.status.is_success() {
        return false;
    }
    // `If-Modified-Since` counts only without `If-None-Match` (RFC 9110 §13.1.3).
    if let Some(named) = NoneMatch::of(request.headers()) {
        return named.names(stored.tag().as_ref());
    }
    let mut lines = request.headers().get_all(IF_MODIFIED_SINCE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return false };
    let since = std::str::from_utf8(line.as_bytes()).ok().and_then(|text| date::parse(text, stored.received));
    since.is_some_and(|since| stored.last_modified().unwrap_or_else(|| stored.date()) <= since)
}

/// The bytes that a client asks for, if it is to get no more than these: not when `If-Range` names another version.
pub(super) fn asked(request: &Request<()>, stored: &Stored) -> Option<Asked> {
    if request.method() != Method::GET || stored.status != http::StatusCode::OK {
        return None;
    }
    let asked = Asked::of(request.headers())?;
    let Some(condition) = first(request.headers(), IF_RANGE) else {
        return (!request.headers().contains_key(IF_RANGE)).then_some(asked);
    };
    let is_same = match EntityTag::parse(condition.as_bytes()) {
        Some(tag) => stored.strong_tag().is_some_and(|ours| ours.is_strongly(&tag)),
        // A date is strong when it is older than the answer by a second (RFC 9110 §8.8.2.2), and only the very same
        // counts.
        None => date::parse(condition, stored.received).is_some_and(|named| {
            stored.last_modified() == Some(named) && stored.date().since(named).as_secs() >= 1
        }),
    };
    is_same.then_some(asked)
}

/// Takes all conditions and ranges out of a request.
pub(super) fn strip(headers: &mut HeaderMap) {
    for name in [IF_MATCH, IF_UNMODIFIED_SINCE, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE, RANGE] {
        headers.remove(name);
    }
}
