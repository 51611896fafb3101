//! What to do with a request, given what is stored under its key (RFC 9111 §4).

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, Request, Response, StatusCode};

use super::conditions;
use super::forward::Forwarded;
use super::serve::Served;
use super::settings::{Authorized, ClientDirectives, Policy};
use super::stored::{Mark, Stored};
use crate::fields::cache_control::{CacheControl, MaxStale};
use crate::fields::cache_status::{CacheStatus, Forward};
use crate::fields::hop;
use crate::moment::Moment;

/// Fields by which a client says to frameworks that its method is another one.
static OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// What to do with a request.
#[derive(Debug)]
pub enum Choice {
    /// Serve a stored answer, by its place among those that were given, and ask nobody.
    Serve(usize, Served),
    /// Serve it now, and ask the origin in the background.
    ServeAndRefresh(usize, Served, Box<Forwarded>),
    /// Ask the origin, and wait for it.
    Forward(Forwarded),
    /// Serve an error: the client wants nothing that is not here (RFC 9111 §5.2.1.7).
    Refuse(Response<()>, CacheStatus),
}

/// What the client demands of stored answers.
struct Demands {
    control: CacheControl,
    only_if_cached: bool,
}

impl Policy {
    /// What to do with a request; `stored` is all there is under its key.
    ///
    /// ```
    /// use http::Request;
    /// use loadline_edge::Moment;
    /// use loadline_edge::policy::{Choice, Policy};
    /// let request = Request::get("http://shop.test/").body(())?;
    /// let choice = Policy::default().choose(Moment::from_seconds(0), &request, &[]);
    /// assert!(matches!(choice, Choice::Forward(_)));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn choose(&self, now: Moment, request: &Request<()>, stored: &[&Stored]) -> Choice {
        let request = &*hop::stripped(request);
        if !matches!(request.method().as_str(), "GET" | "HEAD" | "QUERY") {
            return Choice::Forward(Forwarded::as_it_is(request, Forward::Method, None));
        }
        if conditions::is_for_the_origin(request) || more_than_it_seems(request) {
            return Choice::Forward(Forwarded::as_it_is(request, Forward::Bypass, None));
        }
        let demands = self.demands(request);
        let choice = self.decide(now, request, stored, &demands);
        match choice {
            Choice::Forward(forwarded) if demands.only_if_cached => self.refuse(forwarded.why),
            Choice::ServeAndRefresh(index, served, _) if demands.only_if_cached => {
                Choice::Serve(index, served)
            }
            choice => choice,
        }
    }

    fn demands(&self, request: &Request<()>) -> Demands {
        let control = CacheControl::read(request.headers(), CACHE_CONTROL);
        let only_if_cached = control.only_if_cached;
        match self.client_directives {
            ClientDirectives::Honour => Demands { control, only_if_cached },
            ClientDirectives::Ignore => Demands { control: CacheControl::default(), only_if_cached },
        }
    }

    fn decide(&self, now: Moment, request: &Request<()>, stored: &[&Stored], demands: &Demands) -> Choice {
        let Some(index) = self.chosen(now, request, stored) else {
            let why = if stored.is_empty() { Forward::UriMiss } else { Forward::VaryMiss };
            let forwarded = Forwarded::as_it_is(request, why, None);
            return Choice::Forward(self.or_others(forwarded, request, stored));
        };
        let answer = stored[index];
        let Some(served) = self.serve(now, request, answer) else {
            return Choice::Forward(self.about(request, Forward::Partial, index, answer));
        };
        if !demands.accept(now, answer) {
            return Choice::Forward(self.about(request, Forward::Request, index, answer));
        }
        let staleness = answer.staleness(now);
        let is_usable = answer.mark != Mark::Invalid && !answer.freshness.validate_always;
        match staleness {
            None if is_usable => Choice::Serve(index, served),
            Some(staleness) if is_usable && !answer.freshness.stale.is_forbidden => {
                let window = answer.freshness.stale.while_revalidate;
                if !window.is_zero() && staleness <= window {
                    let refresh = self.refresh(request, index, answer);
                    let served = served.because("stale-while-revalidate");
                    Choice::ServeAndRefresh(index, served, Box::new(refresh))
                } else if demands.take_stale(staleness) {
                    Choice::Serve(index, served.because("max-stale"))
                } else {
                    let forwarded = self.about(request, Forward::Stale, index, answer);
                    Choice::Forward(self.or_others(forwarded, request, stored))
                }
            }
            _ => {
                let forwarded = self.about(request, Forward::Stale, index, answer);
                Choice::Forward(self.or_others(forwarded, request, stored))
            }
        }
    }

    /// The answer that a request chooses: of those that it chooses at all, one that has what it asks for before one
    /// that has not, and then the newest (RFC 9111 §4.1).
    fn chosen(&self, now: Moment, request: &Request<()>, stored: &[&Stored]) -> Option<usize> {
        let mut chosen = (0..stored.len()).filter(|index| stored[*index].is_chosen_by(request));
        let (first, second) = (chosen.next()?, chosen.next());
        // Most often there is one, and nothing to compare.
        let Some(second) = second else { return Some(first) };
        [first, second].into_iter().chain(chosen).max_by_key(|index| {
            let answer = stored[*index];
            (self.serve(now, request, answer).is_some(), answer.date(), answer.received)
        })
    }

    /// What the origin is asked about an answer that cannot be served as it is. Somebody who says who they are asks for
    /// themselves: what comes back is not for others, and says nothing of what they get.
    fn about(&self, request: &Request<()>, why: Forward, index: usize, answer: &Stored) -> Forwarded {
        if self.authorized == Authorized::Never && request.headers().contains_key(AUTHORIZATION) {
            return Forwarded::as_it_is(request, why, Some(index));
        }
        Forwarded::about(request, why, index, answer)
    }

    fn or_others(&self, forwarded: Forwarded, request: &Request<()>, stored: &[&Stored]) -> Forwarded {
        if self.authorized == Authorized::Never && request.headers().contains_key(AUTHORIZATION) {
            return forwarded;
        }
        forwarded.or_others(request, stored)
    }

    /// What the origin is asked in the background, for whoever comes next: not by the one who has been served already,
    /// unless the answer is theirs.
    fn refresh(&self, request: &Request<()>, index: usize, answer: &Stored) -> Forwarded {
        let mut forwarded = Forwarded::validation(request, Forward::Stale, index, answer);
        // Nor with what the client demanded for itself, such as `no-store`.
        forwarded.request.headers_mut().remove(CACHE_CONTROL);
        let is_theirs = answer.selecting.iter().any(|(name, _)| *name == AUTHORIZATION);
        if self.authorized == Authorized::Never && !is_theirs {
            forwarded.request.headers_mut().remove(AUTHORIZATION);
        }
        forwarded
    }

    fn refuse(&self, why: Forward) -> Choice {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
        let status = CacheStatus {
            cache: self.name.clone(),
            detail: Some("only-if-cached".to_owned()),
            // It did not go on; why it would have is what somebody wants to know.
            forward: Some(why),
            ..CacheStatus::default()
        };
        Choice::Refuse(response, status)
    }
}

/// Whether a request may mean more than its method and URL say: a `GET` with content, or one that a framework takes for
/// another method. A key has none of it, so its answer is of nobody else's question.
pub(super) fn more_than_it_seems(request: &Request<()>) -> bool {
    let headers = request.headers();
    let has_content = headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length.as_bytes() != b"0");
    let is_query = request.method().as_str() == "QUERY";
    (has_content && !is_query && request.method() != http::Method::POST)
        || headers.keys().any(|name| OVERRIDES.contains(name))
}

impl Demands {
    /// Whether the client takes this answer, but for its being stale.
    fn accept(&self, now: Moment, answer: &Stored) -> bool {
        let age = answer.age(now);
        let is_young = self.control.max_age.vouched().is_none_or(|most| age <= most);
        // Whoever asks for freshness to come, be it of no seconds, asks for nothing stale.
        let lasts = |least| answer.freshness.lifetime >= age.saturating_add(least);
        let lasts = self.control.min_fresh.known().is_none_or(lasts);
        self.control.no_cache == crate::fields::cache_control::Scope::Absent && is_young && lasts
    }

    fn take_stale(&self, staleness: std::time::Duration) -> bool {
        match self.control.max_stale {
            MaxStale::None => false,
            MaxStale::Of(most) => staleness <= most,
            MaxStale::Any => true,
        }
    }
}

impl Served {
    /// With a word on why it is served although one could think otherwise.
    pub(super) fn because(mut self, detail: &str) -> Self {
        self.status.detail = Some(detail.to_owned());
        self
    }
}
