//! What becomes of an origin's answer, or of there being none (RFC 9111 §4.3.3 to §4.3.5, §4.2.4, RFC 5861 §4).

use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG};
use http::{Method, Request, Response, StatusCode};

use super::age::Times;
use super::combine::{Combined, combined, update};
use super::forward::{Asks, Forwarded};
use super::serve::{Content, Served, present};
use super::settings::{ClientDirectives, Policy};
use super::store::{NotKept, content_length};
use super::stored::{Held, Mark, Stored};
use crate::fields::cache_control::CacheControl;
use crate::fields::cache_status::{CacheStatus, Forward};
use crate::fields::compact::Fields;
use crate::fields::etag::EntityTag;
use crate::fields::hop;
use crate::fields::server_timing::SERVER_TIMING;
use crate::moment::Moment;

/// What becomes of an origin's answer.
#[derive(Debug)]
pub enum Received {
    /// It goes to the client.
    Pass {
        /// Its head, without `Cache-Status`.
        response: Response<()>,
        /// What of its body goes along.
        content: Content,
        /// What is kept of it.
        kept: Kept,
        /// What was done.
        status: CacheStatus,
    },
    /// What is stored is still right: it is served, and takes the place of what it was (RFC 9111 §4.3.4).
    Right(Box<Stored>, Served),
    /// The bytes that were missing have come, and the whole is served.
    Completed(Box<Combined>, Served),
    /// It is an error, and what is stored is served in its place.
    Stale(Served),
    /// It does not answer what was asked: ask this.
    Again(Forwarded),
}

/// What is kept of an answer that goes to the client.
#[derive(Debug)]
pub enum Kept {
    /// This, with its body.
    New(Box<Stored>),
    /// What was stored and this together.
    Combined(Box<Combined>),
    /// What was stored, with new headers; there is no new body (RFC 9111 §4.3.5).
    Freshened(Box<Stored>),
    /// Nothing, and what was stored is outdated: it has to be validated before it is used again.
    Outdated,
    /// Nothing.
    Not(NotKept),
}

/// What a client gets when the origin could not be reached, or died before its answer's head.
#[derive(Debug)]
pub enum Unreachable {
    /// What is stored.
    Stale(Served),
    /// An error: there is nothing that may be served.
    Error(Response<()>, CacheStatus),
}

impl Policy {
    /// What becomes of an answer to `forwarded`, which was made for `request`; `basis` is the stored answer that
    /// [`Forwarded::basis`] meant, if it is still there, or for a 304 the one of [`Forwarded::others`] that it names
    /// ([`Policy::names`]).
    pub fn receive(
        &self,
        request: &Request<()>,
        forwarded: &Forwarded,
        response: &Response<()>,
        times: Times,
        basis: Option<&Stored>,
    ) -> Received {
        let request = &*hop::stripped(request);
        let status = CacheStatus {
            cache: self.name.clone(),
            forward: Some(forwarded.why.clone()),
            forward_status: Some(response.status().as_u16()),
            ..CacheStatus::default()
        };
        match (response.status(), forwarded.asks, basis) {
            (StatusCode::NOT_MODIFIED, Asks::WhetherRight, Some(stored))
                if is_about(response, stored)
                    && (forwarded.others.is_empty() || Self::names(response, stored)) =>
            {
                self.right(&as_sent(request, forwarded), response, times, stored, status)
                    .unwrap_or_else(|| again(request, forwarded))
            }
            (StatusCode::NOT_MODIFIED, Asks::WhetherRight | Asks::From(_) | Asks::ForAll, _)
            | (StatusCode::RANGE_NOT_SATISFIABLE, Asks::From(_), _) => again(request, forwarded),
            (StatusCode::PARTIAL_CONTENT, Asks::From(_), stored) => stored
                .and_then(|stored| self.completed(request, forwarded, response, times, stored, status))
                .unwrap_or_else(|| again(request, forwarded)),
            (code, _, Some(stored))
                if is_error(code) && self.may_stand_in(request, stored, times.received) =>
            {
                match self.serve(times.received, request, stored) {
                    Some(mut served) => {
                        served.status.forward = status.forward;
                        served.status.forward_status = status.forward_status;
                        served.status.hit = false;
                        served.tell(response);
                        Received::Stale(served.because("stale-if-error"))
                    }
                    None => self.pass(request, forwarded, response, times, basis, status),
                }
            }
            _ => self.pass(request, forwarded, response, times, basis, status),
        }
    }

    /// Whether a 304 names this stored answer.
    pub fn names(response: &Response<()>, stored: &Stored) -> bool {
        let theirs = EntityTag::of(response.headers());
        theirs.is_some_and(|theirs| stored.tag().is_some_and(|ours| ours.is_weakly(&theirs)))
    }

    /// What a client gets when there was no answer.
    pub fn unreachable(
        &self,
        now: Moment,
        request: &Request<()>,
        forwarded: &Forwarded,
        basis: Option<&Stored>,
    ) -> Unreachable {
        let request = &*hop::stripped(request);
        let stale = basis.filter(|stored| {
            let longest = stored.freshness.stale.if_error.unwrap_or_default().max(self.stale_if_unreachable);
            may_be_stale(stored) && stored.staleness(now).unwrap_or_default() <= longest
        });
        if let Some(mut served) = stale.and_then(|stored| self.serve(now, request, stored)) {
            served.status.forward = Some(forwarded.why.clone());
            served.status.hit = false;
            return Unreachable::Stale(served.because("origin-unreachable"));
        }
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
        let status = CacheStatus {
            cache: self.name.clone(),
            forward: Some(forwarded.why.clone()),
            detail: Some("origin-unreachable".to_owned()),
            ..CacheStatus::default()
        };
        Unreachable::Error(response, status)
    }

    fn right(
        &self,
        request: &Request<()>,
        response: &Response<()>,
        times: Times,
        stored: &Stored,
        status: CacheStatus,
    ) -> Option<Received> {
        let (shown, kept) = self.renewed(request, response, times, stored);
        let mut served = self.serve(times.received, request, &shown)?;
        served.status = CacheStatus { ttl: served.status.ttl, ..status };
        served.tell(response);
        Some(Received::Right(Box::new(kept), served))
    }

    /// A stored answer with the headers of one that says that it is still right (RFC 9111 §3.2): what this client is
    /// shown, and what is kept.
    fn renewed(
        &self,
        request: &Request<()>,
        response: &Response<()>,
        times: Times,
        stored: &Stored,
    ) -> (Stored, Stored) {
        let mut new = response.headers().clone();
        hop::strip(&mut new);
        new.remove(SERVER_TIMING);
        let mut whole = Response::new(());
        *whole.status_mut() = stored.status;
        *whole.headers_mut() = stored.headers.to_map();
        // Its date and age are of the answer that came, not of the one that was there.
        update(whole.headers_mut(), &new);
        if !new.contains_key(http::header::DATE) {
            whole.headers_mut().remove(http::header::DATE);
        }
        let mut asked = request.clone();
        *asked.method_mut() = stored.method.clone();
        match self.keep(&asked, &whole, times) {
            Ok(renewed) => {
                let renewed = Stored {
                    held: stored.held,
                    length: stored.length,
                    method: stored.method.clone(),
                    query: stored.query.clone(),
                    ..renewed
                };
                (renewed.clone(), renewed)
            }
            Err(why) => {
                let shown = Stored {
                    headers: Fields::of(whole.headers()),
                    mark: Mark::Invalid,
                    initial_age: Duration::ZERO,
                    received: times.received,
                    ..stored.clone()
                };
                // What a client says of itself changes nothing for others. What the answer says now (that it must not
                // be kept) is the last word: it answers this request, and then no other.
                let is_of_client = matches!(why, NotKept::RequestNoStore | NotKept::Authorized);
                let kept = if is_of_client { stored.clone() } else { shown.clone() };
                (shown, kept)
            }
        }
    }

    fn completed(
        &self,
        request: &Request<()>,
        forwarded: &Forwarded,
        response: &Response<()>,
        times: Times,
        stored: &Stored,
        status: CacheStatus,
    ) -> Option<Received> {
        let new = self.keep(&forwarded.request, response, times).ok()?;
        let combined = combined(stored, new).filter(|combined| combined.stored.held == Held::Whole)?;
        let mut served = self.serve(times.received, request, &combined.stored)?;
        served.status = CacheStatus { stored: true, ttl: served.status.ttl, ..status };
        served.tell(response);
        Some(Received::Completed(Box::new(combined), served))
    }

    fn pass(
        &self,
        request: &Request<()>,
        forwarded: &Forwarded,
        response: &Response<()>,
        times: Times,
        basis: Option<&Stored>,
        mut status: CacheStatus,
    ) -> Received {
        let kept = self.kept(request, forwarded, response, times, basis);
        match &kept {
            Kept::New(stored) => {
                status.stored = true;
                status.ttl = Some(stored.ttl(times.received));
            }
            Kept::Combined(_) => status.stored = true,
            Kept::Not(why) => status.detail = Some(why.as_str().to_owned()),
            Kept::Freshened(_) | Kept::Outdated => {}
        }
        let mut answer = response.clone();
        hop::strip(answer.headers_mut());
        let is_head = request.method() == Method::HEAD;
        let mut content = if is_head { Content::None } else { Content::All };
        // The origin was asked for more than the client wants.
        if forwarded.asks != Asks::TheSame
            && response.status() == StatusCode::OK
            && let Some((shown, of_it)) = present(request, &as_stored(request, &answer, times))
        {
            (answer, content) = (shown, of_it);
        }
        Received::Pass { response: answer, content, kept, status }
    }

    fn kept(
        &self,
        request: &Request<()>,
        forwarded: &Forwarded,
        response: &Response<()>,
        times: Times,
        basis: Option<&Stored>,
    ) -> Kept {
        if *forwarded.request.method() == Method::HEAD {
            return match basis {
                Some(stored) if response.status() == StatusCode::OK && is_same(response, stored) => {
                    let mut get = request.clone();
                    *get.method_mut() = Method::GET;
                    Kept::Freshened(Box::new(self.renewed(&get, response, times, stored).1))
                }
                Some(_) if response.status() == StatusCode::OK => Kept::Outdated,
                _ => Kept::Not(NotKept::Method),
            };
        }
        // The client's request is what later ones are compared with; the one that was sent has our conditions. But it
        // may have been a `HEAD` for which the whole was fetched.
        let mut asked = as_sent(request, forwarded);
        *asked.method_mut() = forwarded.request.method().clone();
        match self.keep(&asked, response, times) {
            Ok(new) => match basis.and_then(|old| combined(old, new.clone())) {
                Some(combined) => Kept::Combined(Box::new(combined)),
                None => Kept::New(Box::new(new)),
            },
            Err(why) => Kept::Not(why),
        }
    }

    /// Whether a stored answer may be served in place of an error.
    fn may_stand_in(&self, request: &Request<()>, stored: &Stored, now: Moment) -> bool {
        let theirs = match self.client_directives {
            ClientDirectives::Honour => {
                CacheControl::read(request.headers(), CACHE_CONTROL).stale_if_error.known()
            }
            ClientDirectives::Ignore => None,
        };
        let Some(longest) = stored.freshness.stale.if_error.max(theirs) else { return false };
        may_be_stale(stored) && stored.staleness(now).unwrap_or_default() <= longest
    }
}

/// The client's request, without credentials and demands that were not sent along: in the background nobody in
/// particular asks.
fn as_sent(request: &Request<()>, forwarded: &Forwarded) -> Request<()> {
    let mut request = request.clone();
    for name in [AUTHORIZATION, CACHE_CONTROL] {
        if !forwarded.request.headers().contains_key(&name) {
            request.headers_mut().remove(name);
        }
    }
    request
}

fn again(request: &Request<()>, forwarded: &Forwarded) -> Received {
    Received::Again(Forwarded::for_all(request, forwarded.why.clone()))
}

fn may_be_stale(stored: &Stored) -> bool {
    stored.mark != Mark::Invalid && !stored.freshness.stale.is_forbidden
}

/// The statuses that are errors to `stale-if-error` (RFC 5861 §4).
fn is_error(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// Whether a 304 is about a stored answer: by its validator, if it has one; one that names another version is about
/// nothing that there is (RFC 9111 §4.3.4).
fn is_about(response: &Response<()>, stored: &Stored) -> bool {
    let (theirs, ours) = (EntityTag::of(response.headers()), stored.tag());
    match (theirs, ours) {
        (Some(theirs), Some(ours)) => theirs.is_weakly(&ours),
        (Some(_), None) => false,
        // We asked about this one alone.
        (None, _) => !response.headers().contains_key(ETAG),
    }
}

/// Whether what `HEAD` says is said of the answer that is stored (RFC 9111 §4.3.5).
fn is_same(response: &Response<()>, stored: &Stored) -> bool {
    let is_tag_same = match (EntityTag::of(response.headers()), stored.tag()) {
        (Some(theirs), Some(ours)) => {
            theirs.is_strongly(&ours) || (theirs.is_weak == ours.is_weak && theirs.is_weakly(&ours))
        }
        (Some(_), None) => false,
        (None, _) => true,
    };
    let modified = http::header::LAST_MODIFIED;
    let is_date_same = response
        .headers()
        .get(&modified)
        .is_none_or(|date| stored.headers.get(&modified) == Some(date.as_bytes()));
    let length = content_length(response.headers());
    is_tag_same && is_date_same && length.is_none_or(|length| stored.length.is_none_or(|ours| ours == length))
}

/// An answer as if it were stored, to evaluate the client's conditions against it.
fn as_stored(request: &Request<()>, response: &Response<()>, times: Times) -> Stored {
    use super::freshness::{Freshness, Source, Staleness};
    Stored {
        method: request.method().clone(),
        status: response.status(),
        headers: Fields::of(response.headers()),
        selecting: Vec::new(),
        search: crate::fields::no_vary_search::NoVarySearch::default(),
        query: None,
        held: Held::Whole,
        length: content_length(response.headers()),
        initial_age: Duration::ZERO,
        received: times.received,
        freshness: Freshness {
            lifetime: Duration::ZERO,
            source: Source::Nothing,
            validate_always: false,
            stale: Staleness { is_forbidden: true, while_revalidate: Duration::ZERO, if_error: None },
        },
        mark: Mark::None,
    }
}

impl Forward {
    /// Whether a miss is one because there is nothing at all.
    pub fn is_miss(&self) -> bool {
        matches!(self, Self::UriMiss | Self::VaryMiss | Self::Miss)
    }
}
