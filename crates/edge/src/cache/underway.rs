//! An answer while it comes: whoever asks the same has its head now, and its body as far as it is there.
//!
//! It is what will be kept, and is given out by the same rules: only to whom it would be served once it is. Neither the
//! one who asked for it first nor what that client alone was told is in it.

use std::ops::Range;

use bytes::Bytes;
use http::Response;
use url::Url;

use super::asking::{Asking, Sharing};
use super::engine::{Cache, standing};
use super::keeping::{Keeping, What};
use super::purge::url;
use super::reply::Reply;
use crate::fields::cache_status::CacheStatus;
use crate::fields::{hop, vary};
use crate::moment::Moment;
use crate::policy::{Choice, Content, Held, Stored};

/// An answer whose head has come, and whose body is being collected to be kept.
#[derive(Debug)]
pub struct Underway {
    stored: Stored,
    place: String,
    url: Option<Url>,
    born: u64,
}

/// What a request gets of an answer that is still coming.
#[derive(Debug)]
pub struct Share {
    /// The head, with `Cache-Status`.
    pub response: Response<()>,
    /// What was done.
    pub status: CacheStatus,
    /// Which bytes of the body go along; the end may lie behind its end.
    pub shown: Range<u64>,
}

impl Keeping {
    /// The answer that is collected, for others who ask for it meanwhile; none where what comes is only a part of it.
    pub fn underway(&self) -> Option<Underway> {
        let What { asking, stored, joined } = self.what.as_deref()?;
        if joined.is_some() || stored.held != Held::Whole {
            return None;
        }
        Some(Underway {
            place: place(asking, stored),
            stored: stored.clone(),
            url: url(&asking.request),
            born: asking.born,
        })
    }
}

impl Cache {
    /// What a request gets of an answer that another one has asked for, and that is still coming; none when it is not
    /// an answer to it, is not fresh enough for it, or was purged on its way. Like what was kept meanwhile
    /// ([`Self::waited`]), it answers a question that was put before it came even if it is fresh for no time at all.
    pub fn share(&self, now: Moment, asking: &Asking, underway: &Underway) -> Option<Share> {
        if place(asking, &underway.stored) != underway.place || self.is_purged(underway) {
            return None;
        }
        let stored = standing(underway.stored.clone(), now, Some(asking.requested));
        // What is stale already is served as usual; who comes once it is kept has it asked for again.
        let (Choice::Serve(_, served) | Choice::ServeAndRefresh(_, served, _)) =
            self.policy.choose(now, &asking.request, &[&stored])
        else {
            return None;
        };
        let shown = match served.content {
            Content::None => 0..0,
            Content::All => 0..u64::MAX,
            Content::Bytes(bytes) => bytes.first..bytes.last.saturating_add(1),
        };
        let reply = Reply::new(served.response.map(|()| Bytes::new()), served.status);
        let Reply { response, status } = reply.collapsed(&asking.forwarded.why);
        Some(Share { response: response.map(|_| ()), status, shown })
    }
}

impl Cache {
    /// With whom a request may ask again that an answer on its way is not for ([`Self::share`]): of those who have
    /// other fields than it varies by, one asks for all who have the same, and of those who come after a purge, one for
    /// all.
    pub fn apart(&self, asking: &Asking, underway: &Underway) -> Sharing {
        let Underway { stored, .. } = underway;
        let request = hop::stripped(&asking.request);
        let apart = if place(asking, stored) != underway.place {
            return Sharing::Alone;
        } else if self.is_purged(underway) {
            (Some(self.labels.count()), Vec::new())
        } else if stored.is_chosen_by(&request) {
            return Sharing::Alone;
        } else {
            let fields = stored.selecting.iter().map(|(name, _)| vary::comparable(request.headers(), name));
            (None, fields.collect())
        };
        let question = |number: u64| self.hash_of(&(number, apart));
        match asking.sharing {
            Sharing::Alone => Sharing::Alone,
            Sharing::Follow(number) => Sharing::Follow(question(number)),
            Sharing::Lead(number) => Sharing::Lead(question(number)),
        }
    }

    fn is_purged(&self, underway: &Underway) -> bool {
        let Underway { stored, url, born, .. } = underway;
        if self.labels.count() == *born {
            return false;
        }
        let labels = self.labels_by(url.as_ref(), &stored.headers.to_map());
        !self.labels.remembers(*born) || self.labels.fate(labels.into_iter(), *born).is_some()
    }
}

/// Where the answer to a question is going to be kept.
fn place(asking: &Asking, stored: &Stored) -> String {
    asking.key.place(stored.search.canonical(asking.key.query()).as_deref())
}
