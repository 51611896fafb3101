//! Whether an answer may be kept, and what is kept of it (RFC 9111 §3).

use std::fmt;

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, COOKIE, DATE, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};

use super::age::{self, Times};
use super::choose::more_than_it_seems;
use super::freshness::{Freshness, is_heuristic};
use super::invalidate::resolved;
use super::settings::{Authorized, Policy, SetCookie};
use super::stored::{Held, Mark, Stored};
use crate::fields::cache_control::{CacheControl, Seconds};
use crate::fields::cache_status::CACHE_STATUS;
use crate::fields::compact::Fields;
use crate::fields::list::first;
use crate::fields::no_vary_search::NoVarySearch;
use crate::fields::range::Part;
use crate::fields::server_timing::SERVER_TIMING;
use crate::fields::vary::Vary;
use crate::fields::{date, hop, targeted, vary};
use crate::moment::Moment;

const SET_COOKIE2: HeaderName = HeaderName::from_static("set-cookie2");
const AGE: HeaderName = http::header::AGE;

/// Why an answer is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotKept {
    /// Answers to such requests cannot be.
    Method,
    /// Its status is one of which nothing may be kept, or of which this cache has to understand more than it does.
    Status,
    /// It says `no-store`.
    NoStore,
    /// The request says `no-store`.
    RequestNoStore,
    /// It says `private`.
    Private,
    /// The request has `Authorization`.
    Authorized,
    /// It sets a cookie.
    SetCookie,
    /// It varies on what nobody knows.
    VaryUnknown,
    /// It says nothing by which it could be used again: no freshness, no validator.
    NothingToGoBy,
    /// It is a part that says not clearly which, or whose bytes are not as many as it says.
    UnclearPart,
}

impl NotKept {
    /// In a few words, as `Cache-Status` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Status => "status",
            Self::NoStore => "no-store",
            Self::RequestNoStore => "request-no-store",
            Self::Private => "private",
            Self::Authorized => "authorization",
            Self::SetCookie => "set-cookie",
            Self::VaryUnknown => "vary",
            Self::NothingToGoBy => "no-freshness",
            Self::UnclearPart => "content-range",
        }
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a response says to caches like this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) control: CacheControl,
    pub(super) is_targeted: bool,
}

impl Policy {
    /// What holds for this cache: the first valid targeted field, or `Cache-Control` (RFC 9213 §2.2).
    pub(super) fn said(&self, headers: &HeaderMap) -> Said {
        match targeted::first(headers, &self.targets) {
            Some((_, control)) => Said { control, is_targeted: true },
            None => Said { control: CacheControl::read(headers, CACHE_CONTROL), is_targeted: false },
        }
    }

    /// What is kept of an answer.
    ///
    /// # Errors
    /// Why nothing of it may be.
    pub fn keep(
        &self,
        request: &Request<()>,
        response: &Response<()>,
        times: Times,
    ) -> Result<Stored, NotKept> {
        let request = &*hop::stripped(request);
        let Said { control, is_targeted } = self.said(response.headers());
        self.permits(request, response.status(), &control)?;
        let mut headers = response.headers().clone();
        hop::strip(&mut headers);
        for field in control.private.fields().iter().chain(control.no_cache.fields()) {
            headers.remove(field);
        }
        // What other caches did when it came, and how long it took, says nothing of what happens when it is served
        // again. RFC 9111 §3.1 has a cache keep all fields but those of one connection; these are of one exchange.
        headers.remove(CACHE_STATUS);
        headers.remove(SERVER_TIMING);
        match self.set_cookie {
            SetCookie::Keep => {}
            SetCookie::Refuse if headers.contains_key(SET_COOKIE) || headers.contains_key(SET_COOKIE2) => {
                return Err(NotKept::SetCookie);
            }
            SetCookie::Refuse | SetCookie::Strip => {
                headers.remove(SET_COOKIE);
                headers.remove(SET_COOKIE2);
            }
        }
        let selecting = match Vary::of(&headers) {
            Vary::Unknown => return Err(NotKept::VaryUnknown),
            // By the answer's own fields: one that `private` or `Connection` took out still chose it.
            _ => selecting(request.headers(), response.headers()),
        };
        let (status, held, length) = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let part = part(&headers)?;
                // They are of the part, and what is kept is of the whole.
                headers.remove(CONTENT_RANGE);
                headers.remove(CONTENT_LENGTH);
                (StatusCode::OK, Held::Part(part), part.total)
            }
            status => (status, Held::Whole, content_length(&headers)),
        };
        // Whose cookie it was is not known, so what is only guessed to be reusable is not.
        let may_guess = !request.headers().contains_key(COOKIE);
        let freshness = self.freshness(response.status(), &headers, &control, is_targeted, times, may_guess);
        if !may_be_kept(response.status(), &control, &freshness) {
            return Err(NotKept::Status);
        }
        let method = kept_for(request, &headers, &freshness)?;
        let initial_age = age::initial(&headers, times);
        headers.remove(AGE);
        date_it(&mut headers, times.received);
        let stored = Stored {
            method,
            status,
            selecting,
            search: NoVarySearch::of(&headers),
            query: request.uri().query().map(str::to_owned),
            held,
            length,
            initial_age,
            received: times.received,
            freshness,
            mark: Mark::None,
            headers: Fields::of(&headers),
        };
        if !is_of_use(&stored) {
            return Err(NotKept::NothingToGoBy);
        }
        Ok(stored)
    }

    /// Whether it may be kept by what request and answer say in so many words.
    fn permits(
        &self,
        request: &Request<()>,
        status: StatusCode,
        control: &CacheControl,
    ) -> Result<(), NotKept> {
        if !matches!(request.method().as_str(), "GET" | "QUERY" | "POST") || more_than_it_seems(request) {
            return Err(NotKept::Method);
        }
        if status.is_informational() || status == StatusCode::NOT_MODIFIED {
            return Err(NotKept::Status);
        }
        if CacheControl::read(request.headers(), CACHE_CONTROL).no_store {
            return Err(NotKept::RequestNoStore);
        }
        // `must-understand` takes `no-store` back for those who understand the status (RFC 9111 §5.2.2.3).
        if control.must_understand && !is_understood(status) {
            return Err(NotKept::Status);
        }
        if control.no_store && !control.must_understand {
            return Err(NotKept::NoStore);
        }
        if control.private.is_whole() {
            return Err(NotKept::Private);
        }
        if request.headers().contains_key(AUTHORIZATION) {
            let is_permitted =
                control.public || control.must_revalidate || control.s_maxage != Seconds::Absent;
            if self.authorized == Authorized::Never || !is_permitted {
                return Err(NotKept::Authorized);
            }
        }
        Ok(())
    }
}

/// Sees to it that an answer has a date, the one when it came if the origin gave none (RFC 9110 §6.6.1).
fn date_it(headers: &mut HeaderMap, received: Moment) {
    if first(headers, DATE).and_then(|text| date::parse(text, received)).is_none()
        && let Ok(value) = date::format(received).parse()
    {
        headers.insert(DATE, value);
    }
}

/// Whether anything says that an answer with this status may be kept (RFC 9111 §3, the last point).
fn may_be_kept(status: StatusCode, control: &CacheControl, freshness: &Freshness) -> bool {
    freshness.is_explicit() || control.public || is_heuristic(status)
}

/// Whether it could ever be used again: fresh for a moment, stale by its own words, or validated.
fn is_of_use(stored: &Stored) -> bool {
    let freshness = &stored.freshness;
    let is_once_fresh = freshness.lifetime > stored.initial_age && !freshness.validate_always;
    let may_be_stale = !freshness.stale.is_forbidden
        && (!freshness.stale.while_revalidate.is_zero() || freshness.stale.if_error.is_some());
    is_once_fresh || may_be_stale || stored.has_validator()
}

/// The method whose requests it answers. An answer to a `POST` is kept for `GET`s of its URL, if it says that it is
/// what they would get, and for how long (RFC 9110 §9.3.3).
fn kept_for(request: &Request<()>, headers: &HeaderMap, freshness: &Freshness) -> Result<Method, NotKept> {
    if request.method() != Method::POST {
        return Ok(request.method().clone());
    }
    let location = headers.get(CONTENT_LOCATION).and_then(|location| resolved(request, location));
    let target = resolved(request, &http::HeaderValue::from_static(""));
    if freshness.is_explicit() && location.is_some() && location == target {
        Ok(Method::GET)
    } else {
        Err(NotKept::Method)
    }
}

/// Statuses that this cache knows all about that a cache has to know.
fn is_understood(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 203 | 204 | 206 | 300 | 301 | 302 | 303 | 307 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

fn selecting(request: &HeaderMap, response: &HeaderMap) -> Vec<(HeaderName, Option<Vec<u8>>)> {
    let vary = Vary::of(response);
    vary.fields().iter().map(|name| (name.clone(), vary::comparable(request, name))).collect()
}

/// Which part of the whole it is.
fn part(headers: &HeaderMap) -> Result<Part, NotKept> {
    let part = Part::of(headers).ok_or(NotKept::UnclearPart)?;
    let is_as_long = content_length(headers).is_none_or(|length| length == part.bytes.len());
    if is_as_long && headers.get_all(CONTENT_RANGE).iter().count() == 1 {
        Ok(part)
    } else {
        Err(NotKept::UnclearPart)
    }
}

/// The one length that the headers say.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let length = lines.next()?.to_str().ok()?.parse().ok()?;
    lines.next().is_none().then_some(length)
}
