//! What becomes of the origin's answer: decided by its head alone, so that its body can go to the client as it comes.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{Method, Response, StatusCode};
use url::Url;

use super::asking::{Asking, Sharing};
use super::engine::{Cache, Step};
use super::entry::Entry;
use super::keeping::{Joined, Keeping, What};
use super::limits::add;
use super::purge::url;
use super::record::Record;
use super::reply::{Reply, before, has_all, joined};
use crate::fields::cache_status::CacheStatus;
use crate::fields::hop;
use crate::key::{Key, PartName};
use crate::moment::Moment;
use crate::policy::{
    Asks, Choice, Content, Held, Kept, Mark, Piece, Policy, Received, Stored, Times, Unreachable,
};

/// What to do with the origin's answer.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and kept nowhere")]
pub enum Answer {
    /// It goes to the client as it comes.
    Pass(Box<Passing>),
    /// This goes to the client; the rest of the origin's answer is of no use.
    Reply(Reply),
    /// It does not answer what was asked: ask this.
    Ask(Box<Asking>),
}

/// An answer that goes to the client as it comes.
#[derive(Debug)]
pub struct Passing {
    /// Its head, with `Cache-Status`.
    pub response: Response<()>,
    /// What was done.
    pub status: CacheStatus,
    /// What goes to the client before anything of the body that comes.
    pub before: Bytes,
    /// Which bytes of the body that comes go to the client; the end may lie behind its end.
    pub shown: Range<u64>,
    /// What takes the body to keep it; none when it is not kept.
    pub keeping: Option<Keeping>,
}

/// A kept answer that a question is about.
struct Basis {
    entry: Arc<Entry>,
    stored: Stored,
}

impl Cache {
    /// What to do with the origin's answer, whose head has come at `now`.
    pub fn answer(&self, now: Moment, asking: Box<Asking>, head: &Response<()>) -> Answer {
        let mut asking = *asking;
        let times = Times { requested: asking.requested, received: now };
        let invalidation = self.policy.invalidates(&asking.request, head);
        if !invalidation.is_empty() {
            self.invalidate(&asking.request, &invalidation);
            // What it makes worthless is what was there before, and not itself.
            asking.born = self.labels.count();
        }
        let policy = self.policy_of(&asking);
        let basis = self.named(&asking, head).or_else(|| self.basis(&asking));
        let stored = basis.as_ref().map(|basis| &basis.stored);
        match (policy.receive(&asking.request, &asking.forwarded, head, times, stored), basis) {
            (Received::Pass { response, content, kept, status }, basis) => {
                // A part that came in answer to a question for a part is cut out of its own bytes.
                let shown = match content {
                    Content::None => 0..0,
                    Content::All => 0..u64::MAX,
                    Content::Bytes(bytes) => bytes.first..bytes.last.saturating_add(1),
                };
                self.pass(asking, response, shown, status, kept, basis)
            }
            (Received::Right(stored, served), Some(basis)) => {
                let held = stored.held;
                if asking.basis.as_ref().is_some_and(|own| Arc::ptr_eq(own, &basis.entry)) {
                    self.renew(&asking, &basis.entry, &stored);
                } else if stored.is_chosen_by(&hop::stripped(&asking.request)) {
                    // It stays another request's answer as well.
                    self.put(&asking, &stored, &basis.entry.body());
                }
                Answer::Reply(Reply::of(served, held, &basis.entry.body()))
            }
            (Received::Completed(combined, served), Some(basis)) => {
                let Some(before) = before(&combined.pieces, basis.stored.held, &basis.entry.body()) else {
                    return self.ask_again(asking, now);
                };
                let joined = Joined { pieces: combined.pieces, basis: basis.entry };
                self.passing(
                    What { asking, stored: combined.stored, joined: Some(joined) },
                    served.response,
                    served.status,
                    (before, 0..u64::MAX),
                )
            }
            (Received::Stale(served), Some(basis)) => {
                Answer::Reply(Reply::of(served, basis.stored.held, &basis.entry.body()))
            }
            (Received::Again(forwarded), _) => {
                asking.forwarded = forwarded;
                (asking.basis, asking.requested, asking.born) = (None, now, self.labels.count());
                asking.others.clear();
                Answer::Ask(Box::new(asking))
            }
            (_, None) => self.ask_again(asking, now),
        }
    }

    /// The same for an answer with its whole body.
    pub fn answer_whole(&self, now: Moment, asking: Box<Asking>, answer: Response<Bytes>) -> Step {
        let (head, body) = answer.into_parts();
        match self.answer(now, asking, &Response::from_parts(head, ())) {
            Answer::Ask(asking) => Step::Ask(asking),
            Answer::Reply(reply) => Step::Done(reply),
            Answer::Pass(passing) => {
                let Passing { response, status, before, shown, keeping } = *passing;
                if let Some(mut keeping) = keeping {
                    keeping.add(&body);
                    self.keep(keeping);
                }
                let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(body.len());
                let mut whole = BytesMut::from(before);
                whole.extend_from_slice(&body.slice(at(shown.start)..at(shown.end)));
                Step::Done(Reply { response: response.map(|()| whole.freeze()), status })
            }
        }
    }

    /// What goes to the client when the origin gave no answer.
    pub fn unreachable(&self, now: Moment, asking: &Asking) -> Reply {
        let basis = self.basis(asking);
        let stored = basis.as_ref().map(|basis| &basis.stored);
        match (self.policy_of(asking).unreachable(now, &asking.request, &asking.forwarded, stored), &basis) {
            (Unreachable::Stale(served), Some(basis)) => {
                Reply::of(served, basis.stored.held, &basis.entry.body())
            }
            (Unreachable::Stale(served), None) => {
                Reply::new(served.response.map(|()| Bytes::new()), served.status)
            }
            (Unreachable::Error(response, status), _) => Reply::new(response.map(|()| Bytes::new()), status),
        }
    }

    /// Keeps an answer whose body has come as a whole. Whether it is kept now: not when it was too large, when its
    /// body has not as many bytes as its head says, or when a purge has overtaken it.
    pub fn keep(&self, keeping: Keeping) -> bool {
        let Some((what, body)) = keeping.finish() else { return false };
        let What { asking, mut stored, joined: with } = *what;
        let body = match &with {
            // The bytes of what came, before they are put together with others.
            Some(Joined { pieces, basis }) => {
                let new: u64 = pieces.iter().map(Piece::new_bytes).sum();
                if new != body.len() as u64 {
                    add(&self.tallies.cut_short, 1);
                    return false;
                }
                joined(pieces, basis.stored().held, &basis.body(), &body)
            }
            None => body,
        };
        if !has_all(&stored, &body) {
            add(&self.tallies.cut_short, 1);
            return false;
        }
        if stored.held == Held::Whole {
            stored.length = Some(body.len() as u64);
        }
        if !self.labels.remembers(asking.born) {
            add(&self.tallies.outrun, 1);
            return false;
        }
        match &with {
            Some(Joined { basis, .. }) => self.put_over(&asking, basis, &stored, &body),
            None => self.put(&asking, &stored, &body),
        }
    }

    fn pass(
        &self,
        asking: Asking,
        response: Response<()>,
        shown: Range<u64>,
        status: CacheStatus,
        kept: Kept,
        basis: Option<Basis>,
    ) -> Answer {
        let what = match (kept, basis) {
            (Kept::New(stored), _) => Some((*stored, None)),
            (Kept::Combined(combined), Some(basis)) => {
                Some((combined.stored, Some(Joined { pieces: combined.pieces, basis: basis.entry })))
            }
            (Kept::Freshened(stored), Some(basis)) => {
                self.renew(&asking, &basis.entry, &stored);
                None
            }
            (Kept::Outdated, Some(basis)) => {
                basis.entry.mark(Mark::Invalid);
                self.write(|| Record::drop(basis.entry.place()));
                None
            }
            _ => None,
        };
        if let Some((stored, joined)) = what {
            return self.passing(What { asking, stored, joined }, response, status, (Bytes::new(), shown));
        }
        // Whoever waits for such an answer waits for nothing; of an error nobody knows.
        if matches!(asking.sharing, Sharing::Lead(_)) && !response.status().is_server_error() {
            self.loners.put(asking.hash);
        }
        Answer::Pass(Box::new(passed(response, status, (Bytes::new(), shown), None)))
    }

    fn passing(
        &self,
        what: What,
        response: Response<()>,
        mut status: CacheStatus,
        content: (Bytes, Range<u64>),
    ) -> Answer {
        self.loners.remove(what.asking.hash);
        let expected = what.stored.length.filter(|_| what.joined.is_none());
        if expected.is_some_and(|length| length > self.limits.body) {
            add(&self.tallies.too_large, 1);
            self.loners.put(what.asking.hash);
            (status.stored, status.ttl) = (false, None);
            status.detail = Some("too-large".to_owned());
            return Answer::Pass(Box::new(passed(response, status, content, None)));
        }
        let keeping = Keeping::new(what, expected, self.limits.body, Arc::clone(&self.tallies));
        Answer::Pass(Box::new(passed(response, status, content, Some(keeping))))
    }

    fn policy_of(&self, asking: &Asking) -> Cow<'_, Policy> {
        match asking.set_cookie {
            Some(set_cookie) if set_cookie != self.policy.set_cookie => {
                Cow::Owned(Policy { set_cookie, ..self.policy.clone() })
            }
            _ => Cow::Borrowed(&self.policy),
        }
    }

    fn basis(&self, asking: &Asking) -> Option<Basis> {
        let entry = asking.basis.as_ref().filter(|entry| self.stands(entry))?;
        Some(Basis { entry: Arc::clone(entry), stored: entry.stored() })
    }

    /// The one that a 304 names of those that were asked about beside the request's own.
    fn named(&self, asking: &Asking, head: &Response<()>) -> Option<Basis> {
        let is_named = |basis: &Basis| Policy::names(head, &basis.stored);
        let others = asking.others.iter().filter(|_| head.status() == StatusCode::NOT_MODIFIED);
        others
            .filter(|entry| self.stands(entry))
            .map(|entry| Basis { entry: Arc::clone(entry), stored: entry.stored() })
            .find(is_named)
    }

    /// Puts a new head in the place of an old one, over the same body.
    fn renew(&self, asking: &Asking, old: &Arc<Entry>, stored: &Stored) {
        self.put_over(asking, old, stored, &old.body());
    }

    fn put_over(&self, asking: &Asking, old: &Arc<Entry>, stored: &Stored, body: &Bytes) -> bool {
        let url = url(&asking.request);
        let labels = self.labels_by(url.as_ref(), &stored.headers.to_map());
        let place = String::from_utf8_lossy(old.place());
        let new = Entry::new((old.hash, &place), &labels, asking.born, stored, body, self.shelf);
        let record = self.record(&place, url.as_ref(), stored, body);
        new.is_some_and(|new| self.replace(old, Arc::new(new), record))
    }

    fn put(&self, asking: &Asking, stored: &Stored, body: &Bytes) -> bool {
        let mut key = Cow::Borrowed(&asking.key);
        if asking.request.method() == Method::POST {
            key = Cow::Owned(for_get(&asking.key));
        }
        let place = key.place(stored.search.canonical(key.query()).as_deref());
        if !stored.search.is_nothing() {
            self.searches.learn(&place, &stored.search, &self.tallies.searches_dropped);
        }
        let url = url(&asking.request);
        let labels = self.labels_by(url.as_ref(), &stored.headers.to_map());
        let named = (self.hash(&place), &*place);
        let Some(entry) = Entry::new(named, &labels, asking.born, stored, body, self.shelf) else {
            add(&self.tallies.too_large, 1);
            return false;
        };
        // What the same request chose before is superseded.
        let request = hop::stripped(&asking.request);
        let mut others = self.at(&self.searches.places(&key));
        others.retain(|old| {
            let is_superseded = old.stored().is_chosen_by(&request);
            if is_superseded {
                self.remove(old);
            }
            !is_superseded
        });
        let at_place = || others.iter().filter(|old| old.place() == entry.place());
        if at_place().count() >= self.limits.variants
            && let Some(oldest) = at_place().min_by_key(|old| old.stored().received)
            && self.remove(oldest)
        {
            add(&self.tallies.variants_dropped, 1);
        }
        let record = self.record(&place, url.as_ref(), stored, body);
        self.insert(Arc::new(entry), record)
    }

    /// What a journal has to know of an answer; none without a journal.
    fn record(&self, place: &str, url: Option<&Url>, stored: &Stored, body: &Bytes) -> Option<Record> {
        self.journal.get()?;
        // What may not be used as it is is not to be found again.
        Some(match stored.mark {
            Mark::None => Record::answer(place, url.map(Url::as_str), stored, body),
            _ => Record::drop(place.as_bytes()),
        })
    }

    /// What an answer was about is gone: the question is put again, as if it had never been there.
    fn ask_again(&self, asking: Asking, now: Moment) -> Answer {
        let mut asking = asking;
        let why = asking.forwarded.why.clone();
        if let Choice::Forward(forwarded) = self.policy.choose(now, &asking.request, &[]) {
            asking.forwarded = forwarded;
        }
        asking.forwarded.why = why;
        asking.forwarded.asks = Asks::TheSame;
        asking.forwarded.others.clear();
        asking.others.clear();
        (asking.basis, asking.requested, asking.born) = (None, now, self.labels.count());
        Answer::Ask(Box::new(asking))
    }
}

fn passed(
    mut response: Response<()>,
    status: CacheStatus,
    (before, shown): (Bytes, Range<u64>),
    keeping: Option<Keeping>,
) -> Passing {
    status.append_to(response.headers_mut());
    Passing { response, status, before, shown, keeping }
}

/// The key of `GET`, for which the answer to a `POST` is kept.
fn for_get(key: &Key) -> Key {
    let mut key = key.clone();
    for part in key.parts.iter_mut().filter(|part| part.name == PartName::Method) {
        part.value = Some(Method::GET.to_string());
    }
    key
}
