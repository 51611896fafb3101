//! What is kept of an answer beside its body.

use std::time::Duration;

use http::header::{DATE, ETAG, LAST_MODIFIED};
use http::{HeaderName, Method, Request, StatusCode};

use super::freshness::Freshness;
use crate::fields::compact::Fields;
use crate::fields::etag::EntityTag;
use crate::fields::no_vary_search::NoVarySearch;
use crate::fields::range::{Bytes, Part};
use crate::fields::{date, vary};
use crate::moment::Moment;

/// An answer that is kept, but for its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The method whose requests it answers: `GET`, and `HEAD` with it, or `QUERY`.
    pub method: Method,
    /// Its status; a part of an answer has that of the whole, 200.
    pub status: StatusCode,
    /// Its headers, as they are sent again.
    pub headers: Fields,
    /// The fields of the request that chose it, in the form in which they are compared.
    pub selecting: Vec<(HeaderName, Option<Vec<u8>>)>,
    /// Which differences between queries do not matter to it.
    pub search: NoVarySearch,
    /// The query of the request that it answered; needed only where some differences do not matter, because what is
    /// stored under one key is of one query otherwise.
    pub query: Option<String>,
    /// Which bytes of its body there are.
    pub held: Held,
    /// How many bytes its whole body has, when that is known. Whoever keeps the body says so once it is all there.
    pub length: Option<u64>,
    /// How old it was when it came.
    pub initial_age: Duration,
    /// When it came.
    pub received: Moment,
    /// For how long it is fresh.
    pub freshness: Freshness,
    /// What has happened to it since it came.
    pub mark: Mark,
}

/// Which bytes of a body there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// All of them.
    Whole,
    /// These (RFC 9111 §3.3).
    Part(Part),
}

/// What has happened to an answer since it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// It was made stale: a soft purge. What the answer permits of stale answers counts from then.
    StaleSince(Moment),
    /// It may not be used again before the origin has said that it is still right (RFC 9111 §4.4).
    Invalid,
}

impl Stored {
    /// `current_age` (RFC 9111 §4.2.3).
    pub fn age(&self, now: Moment) -> Duration {
        self.initial_age.saturating_add(now.since(self.received))
    }

    /// Whether it is fresh.
    pub fn is_fresh(&self, now: Moment) -> bool {
        self.mark == Mark::None && self.freshness.lifetime > self.age(now)
    }

    /// For how long it has been stale; none when it is fresh.
    pub fn staleness(&self, now: Moment) -> Option<Duration> {
        let by_age = self.age(now).checked_sub(self.freshness.lifetime);
        match self.mark {
            Mark::None => by_age,
            Mark::StaleSince(moment) => Some(by_age.unwrap_or_default().max(now.since(moment))),
            Mark::Invalid => Some(by_age.unwrap_or_default()),
        }
    }

    /// Seconds for which it is still fresh; below 0, since when it is not.
    pub fn ttl(&self, now: Moment) -> i64 {
        match self.staleness(now) {
            None => whole_seconds(self.freshness.lifetime.saturating_sub(self.age(now))),
            Some(time) => -whole_seconds(time),
        }
    }

    /// Whether a request chooses it: by the fields that it varies on (RFC 9111 §4.1) and by its query.
    pub fn is_chosen_by(&self, request: &Request<()>) -> bool {
        self.selecting.iter().all(|(name, value)| vary::comparable(request.headers(), name) == *value)
            && (self.search.is_nothing()
                || self.search.are_same(self.query.as_deref(), request.uri().query()))
    }

    /// Its validator, if that is a tag.
    pub fn tag(&self) -> Option<EntityTag> {
        self.headers.get(&ETAG).and_then(EntityTag::parse)
    }

    /// Its strong validator.
    pub fn strong_tag(&self) -> Option<EntityTag> {
        self.tag().filter(|tag| !tag.is_weak)
    }

    /// Whether the origin can be asked whether it is still right.
    pub fn has_validator(&self) -> bool {
        self.tag().is_some() || self.last_modified().is_some()
    }

    /// When it was last modified, if it says so.
    pub fn last_modified(&self) -> Option<Moment> {
        self.date_of(&LAST_MODIFIED)
    }

    /// Its date.
    pub fn date(&self) -> Moment {
        self.date_of(&DATE).unwrap_or(self.received)
    }

    fn date_of(&self, field: &HeaderName) -> Option<Moment> {
        let text = std::str::from_utf8(self.headers.get(field)?).ok()?;
        date::parse(text.trim_matches([' ', '\t']), self.received)
    }

    /// Whether these bytes of the body are there.
    pub fn has(&self, bytes: Bytes) -> bool {
        match self.held {
            Held::Whole => true,
            Held::Part(part) => bytes.is_within(part.bytes),
        }
    }
}

fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
