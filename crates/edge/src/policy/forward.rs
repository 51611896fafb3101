//! Requests to the origin: as the client made them, conditional on what is stored, or for the rest of a body.

use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE};
use http::{HeaderValue, Method, Request};

use super::conditions;
use super::stored::{Held, Stored};
use crate::fields::cache_status::Forward;
use crate::fields::etag::EntityTag;
use crate::fields::hop;

/// A request to the origin.
#[derive(Debug)]
pub struct Forwarded {
    /// Its head.
    pub request: Request<()>,
    /// Why the origin is asked.
    pub why: Forward,
    /// What is asked.
    pub asks: Asks,
    /// Which of the stored answers it is about, by its place among those that were given: the one that may be updated,
    /// completed, or served after all when the origin fails.
    pub basis: Option<usize>,
    /// Others that are asked about as well, by their places: a 304 that names one of them says that it is what this
    /// request gets, although it was another request's answer so far.
    pub others: Vec<usize>,
}

/// So many stored answers are asked about at once.
const MOST_TAGS: usize = 8;

/// What the origin is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// What the client asks.
    TheSame,
    /// Whether a stored answer is still right, and for the whole of another one if it is not.
    WhetherRight,
    /// For the bytes that a stored answer lacks, from here on, if it is still right.
    From(u64),
    /// For all of it, whatever conditions the client has: an attempt to ask for less came to nothing.
    ForAll,
}

impl Forwarded {
    /// The client's own request.
    pub(super) fn as_it_is(request: &Request<()>, why: Forward, basis: Option<usize>) -> Self {
        let mut request = request.clone();
        hop::strip(request.headers_mut());
        Self { request, why, asks: Asks::TheSame, basis, others: Vec::new() }
    }

    /// The client's request without its conditions.
    pub(super) fn for_all(request: &Request<()>, why: Forward) -> Self {
        let mut request = request.clone();
        hop::strip(request.headers_mut());
        conditions::strip(request.headers_mut());
        Self { request, why, asks: Asks::ForAll, basis: None, others: Vec::new() }
    }

    /// What is asked about a stored answer that cannot be served as it is.
    pub(super) fn about(request: &Request<()>, why: Forward, index: usize, stored: &Stored) -> Self {
        // What comes back for `HEAD` has no body to keep, but its headers may renew what there is (RFC 9111 §4.3.5).
        if request.method() == Method::HEAD {
            return Self::as_it_is(request, why, Some(index));
        }
        if let Held::Part(part) = stored.held {
            return match (conditions::asked(request, stored), stored.strong_tag().and_then(|tag| tag.value()))
            {
                (None, Some(tag)) if part.bytes.first == 0 && part.total.is_some() => {
                    let mut forwarded = Self::for_all(request, why);
                    let from = part.bytes.last + 1;
                    if let Ok(range) = HeaderValue::from_str(&format!("bytes={from}-")) {
                        forwarded.request.headers_mut().insert(RANGE, range);
                        forwarded.request.headers_mut().insert(IF_RANGE, tag);
                        forwarded.asks = Asks::From(from);
                    }
                    Self { basis: Some(index), ..forwarded }
                }
                _ => Self::as_it_is(request, why, Some(index)),
            };
        }
        Self::validation(request, why, index, stored)
    }

    /// Asks as well whether one of the other stored answers is what this request gets (RFC 9111 §4.3.1): a request
    /// whose fields chose none of them may get the same bytes as one whose fields did.
    pub(super) fn or_others(mut self, request: &Request<()>, stored: &[&Stored]) -> Self {
        let is_open = match self.asks {
            Asks::WhetherRight => true,
            Asks::TheSame => *request.method() == Method::GET && !conditions::are_there(request),
            Asks::From(_) | Asks::ForAll => false,
        };
        let ours = self.basis.and_then(|index| stored[index].tag());
        let tag_of = |index: usize| {
            let is_other = self.basis != Some(index) && stored[index].held == Held::Whole;
            is_other.then(|| stored[index].tag()).flatten()
        };
        let mut tags: Vec<EntityTag> = ours.into_iter().collect();
        let count = tags.len();
        for index in (0..stored.len()).rev().filter(|_| is_open) {
            let Some(tag) = tag_of(index).filter(|tag| !tags.iter().any(|known| known.is_weakly(tag))) else {
                continue;
            };
            if tags.len() < MOST_TAGS {
                tags.push(tag);
                self.others.push(index);
            }
        }
        if tags.len() == count {
            return self;
        }
        let values: Vec<HeaderValue> = tags.iter().filter_map(EntityTag::value).collect();
        let list = values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b", "[..]);
        if let Ok(list) = HeaderValue::from_bytes(&list) {
            self.request.headers_mut().insert(IF_NONE_MATCH, list);
            self.request.headers_mut().remove(IF_MODIFIED_SINCE);
            self.asks = Asks::WhetherRight;
        }
        self
    }

    /// A conditional request for a stored answer that is whole (RFC 9111 §4.3.1).
    pub(super) fn validation(request: &Request<()>, why: Forward, index: usize, stored: &Stored) -> Self {
        let mut forwarded = Self { basis: Some(index), ..Self::for_all(request, why) };
        if *forwarded.request.method() == Method::HEAD {
            *forwarded.request.method_mut() = Method::GET;
        }
        if stored.held != Held::Whole {
            return forwarded;
        }
        let headers = forwarded.request.headers_mut();
        if let Some(tag) = stored.tag().and_then(|tag| tag.value()) {
            headers.insert(IF_NONE_MATCH, tag);
            forwarded.asks = Asks::WhetherRight;
        }
        if stored.last_modified().is_some()
            && let Some(Ok(modified)) = stored.headers.get(&LAST_MODIFIED).map(HeaderValue::from_bytes)
        {
            headers.insert(IF_MODIFIED_SINCE, modified);
            forwarded.asks = Asks::WhetherRight;
        }
        forwarded
    }
}
