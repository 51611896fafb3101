//! A cache: the policy engine around bodies in memory, still without a clock or a socket.
//!
//! It takes requests and answers as values and says what to do next, so that a test or a simulation can be the
//! network. A request is a [`Step`]; when the step is to ask, whoever asks brings the answer back with the [`Asking`]
//! it was given. It is not for many threads at once, and it forgets only what it is told to and what [`Limits`] make
//! it; the server's store is another one around the same engine.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use url::Url;

use super::reply::{Entry, Reply, cut, has_all, joined};
use crate::fields::hop;
use crate::fields::no_vary_search::NoVarySearch;
use crate::key::Key;
use crate::moment::Moment;
use crate::policy::{
    Asks, Choice, Content, Forwarded, Held, Invalidation, Kept, Mark, Policy, Received, Stored, Times,
    Unreachable, resolved,
};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Answers under one key, for requests that choose different ones; beyond, the oldest goes.
    pub variants: usize,
}

/// What was let go of, which nobody would otherwise notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers that had to go because their key had too many.
    pub variants_dropped: u64,
    /// Answers that can no longer be found, because others of their path said other things in `No-Vary-Search`.
    pub searches_dropped: u64,
}

/// So many different `No-Vary-Search` of one path are remembered.
const MOST_SEARCHES: usize = 4;

/// What is to be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// Answers under the key with this text.
    Key(String),
    /// Answers to requests for this URL.
    Url(Url),
    /// Answers in this group (RFC 9875), of whichever origin.
    Group(String),
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// This goes to the client.
    Done(Reply),
    /// This goes to the client, and the origin is asked meanwhile.
    DoneAndAsk(Reply, Box<Asking>),
    /// The origin is asked.
    Ask(Box<Asking>),
}

/// A question to the origin that is under way.
#[derive(Debug)]
pub struct Asking {
    /// What is sent.
    pub forwarded: Forwarded,
    request: Request<()>,
    key: Key,
    basis: Option<u64>,
    requested: Moment,
}

/// A cache in memory.
#[derive(Debug)]
pub struct Cache {
    policy: Policy,
    limits: Limits,
    counts: Counts,
    next: u64,
    /// By the key's text, with the query in the form that the answers say counts.
    entries: HashMap<String, Vec<Entry>>,
    /// By the key's text without the query: what its answers have said of which differences of queries do not matter.
    searches: HashMap<String, Vec<NoVarySearch>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { variants: 64 }
    }
}

impl Cache {
    /// An empty one.
    pub fn new(policy: Policy, limits: Limits) -> Self {
        Self {
            policy,
            limits,
            counts: Counts::default(),
            next: 0,
            entries: HashMap::new(),
            searches: HashMap::new(),
        }
    }

    /// What was let go of so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What to do with a request.
    pub fn request(&mut self, now: Moment, key: &Key, request: &Request<()>) -> Step {
        let entries: Vec<&Entry> = self.under(key).flatten().collect();
        let stored: Vec<&Stored> = entries.iter().map(|entry| &entry.stored).collect();
        let asking = |forwarded: Forwarded| {
            let basis = forwarded.basis.map(|index| entries[index].id);
            Box::new(Asking { forwarded, request: request.clone(), key: key.clone(), basis, requested: now })
        };
        match self.policy.choose(now, request, &stored) {
            Choice::Serve(index, served) => Step::Done(Reply::of(served, entries[index])),
            Choice::ServeAndRefresh(index, served, forwarded) => {
                Step::DoneAndAsk(Reply::of(served, entries[index]), asking(*forwarded))
            }
            Choice::Forward(forwarded) => Step::Ask(asking(forwarded)),
            Choice::Refuse(response, status) => {
                Step::Done(Reply::new(response.map(|()| Bytes::new()), status))
            }
        }
    }

    /// What to do with the origin's answer, which has come at `now`.
    pub fn answer(&mut self, now: Moment, asking: Asking, answer: Response<Bytes>) -> Step {
        let (head, body) = answer.into_parts();
        let head = Response::from_parts(head, ());
        let times = Times { requested: asking.requested, received: now };
        let invalidation = self.policy.invalidates(&asking.request, &head);
        self.invalidate(&asking.request, &invalidation);
        let received = {
            let basis = self.basis(&asking).map(|entry| &entry.stored);
            self.policy.receive(&asking.request, &asking.forwarded, &head, times, basis)
        };
        match received {
            Received::Pass { response, content, kept, status } => {
                // A part that came in answer to a question for a part is cut out of its own bytes.
                let shown = match content {
                    Content::None => Bytes::new(),
                    Content::All => body.clone(),
                    Content::Bytes(bytes) => cut(&body, 0, bytes.first, bytes.last),
                };
                self.keep(&asking, kept, body);
                Step::Done(Reply::new(response.map(|()| shown), status))
            }
            Received::Right(stored, served) => {
                let Some(basis) = self.basis(&asking) else { return self.ask_again(asking, now) };
                let entry = basis.with(*stored, basis.body.clone());
                let reply = Reply::of(served, &entry);
                self.replace(&asking.key, entry);
                Step::Done(reply)
            }
            Received::Completed(combined, served) => {
                let Some(basis) = self.basis(&asking) else { return self.ask_again(asking, now) };
                let body = joined(&combined.pieces, basis, &body);
                let entry = basis.with(combined.stored, body);
                let reply = Reply::of(served, &entry);
                self.replace(&asking.key, entry);
                Step::Done(reply)
            }
            Received::Stale(served) => match self.basis(&asking) {
                Some(basis) => Step::Done(Reply::of(served, basis)),
                None => self.ask_again(asking, now),
            },
            Received::Again(forwarded) => {
                Step::Ask(Box::new(Asking { forwarded, basis: None, requested: now, ..asking }))
            }
        }
    }

    /// What goes to the client when the origin gave no answer.
    pub fn unreachable(&self, now: Moment, asking: &Asking) -> Reply {
        let basis = self.basis(asking);
        let stored = basis.map(|entry| &entry.stored);
        match (self.policy.unreachable(now, &asking.request, &asking.forwarded, stored), basis) {
            (Unreachable::Stale(served), Some(basis)) => Reply::of(served, basis),
            (Unreachable::Stale(served), None) => {
                Reply::new(served.response.map(|()| Bytes::new()), served.status)
            }
            (Unreachable::Error(response, status), _) => Reply::new(response.map(|()| Bytes::new()), status),
        }
    }

    /// Purges: what is purged softly is stale from now on, and may be served so by its own words while it is asked for
    /// again; otherwise it is gone. How many answers it was.
    pub fn purge(&mut self, purge: &Purge, softly: Option<Moment>) -> usize {
        let is_meant = |entry: &Entry| match purge {
            Purge::Key(key) => entry.key == *key,
            Purge::Url(url) => entry.url.as_ref() == Some(url),
            Purge::Group(group) => entry.stored.groups.contains(group),
        };
        let mut count = 0;
        for entries in self.entries.values_mut() {
            if let Some(now) = softly {
                for entry in entries.iter_mut().filter(|entry| is_meant(entry)) {
                    entry.stored.mark = Mark::StaleSince(now);
                    count += 1;
                }
            } else {
                let before = entries.len();
                entries.retain(|entry| !is_meant(entry));
                count += before - entries.len();
            }
        }
        self.entries.retain(|_, entries| !entries.is_empty());
        count
    }

    /// Where a key's answers can be: under its query as it is, and as far as it counts by what answers have said.
    fn places(&self, key: &Key) -> Vec<String> {
        let base = key.without_query();
        let searches = self.searches.get(&base).into_iter().flatten();
        let mut places = vec![place(&base, &NoVarySearch::default(), key)];
        places.extend(searches.map(|search| place(&base, search, key)));
        places.dedup();
        places
    }

    fn under(&self, key: &Key) -> impl Iterator<Item = &Vec<Entry>> {
        self.places(key).into_iter().filter_map(|place| self.entries.get(&place))
    }

    fn basis(&self, asking: &Asking) -> Option<&Entry> {
        let id = asking.basis?;
        self.under(&asking.key).flatten().find(|entry| entry.id == id)
    }

    fn entry_mut(&mut self, key: &Key, id: u64) -> Option<&mut Entry> {
        let places = self.places(key);
        let place = places.into_iter().find(|place| {
            self.entries.get(place).is_some_and(|entries| entries.iter().any(|entry| entry.id == id))
        })?;
        self.entries.get_mut(&place)?.iter_mut().find(|entry| entry.id == id)
    }

    fn keep(&mut self, asking: &Asking, kept: Kept, body: Bytes) {
        // The answer to a `POST` is kept for `GET`.
        let mut key = asking.key.clone();
        if asking.request.method() == Method::POST {
            for part in &mut key.parts {
                if part.name == crate::key::PartName::Method {
                    part.value = Some("GET".to_owned());
                }
            }
        }
        let basis = self.basis(asking);
        let url = || resolved(&asking.request, &http::HeaderValue::from_static(""));
        let entry = match kept {
            Kept::New(mut stored) => {
                if stored.held == Held::Whole {
                    stored.length = Some(body.len() as u64);
                } else if !has_all(&stored, &body) {
                    return;
                }
                Entry { id: self.next, stored: *stored, body, key: key.to_string(), url: url() }
            }
            Kept::Combined(combined) => {
                let Some(basis) = basis else { return };
                let body = joined(&combined.pieces, basis, &body);
                basis.with(combined.stored, body)
            }
            Kept::Freshened(stored) => {
                let Some(basis) = basis else { return };
                basis.with(*stored, basis.body.clone())
            }
            Kept::Outdated => {
                if let Some(entry) = asking.basis.and_then(|id| self.entry_mut(&asking.key, id)) {
                    entry.stored.mark = Mark::Invalid;
                }
                return;
            }
            Kept::Not(_) => return,
        };
        self.next += 1;
        // What the same request chose before is superseded.
        let request = hop::stripped(&asking.request);
        for place in self.places(&key) {
            if let Some(entries) = self.entries.get_mut(&place) {
                entries.retain(|old| old.id != entry.id && !old.stored.is_chosen_by(&request));
            }
        }
        let base = key.without_query();
        let place = place(&base, &entry.stored.search, &key);
        if !entry.stored.search.is_nothing() {
            self.learn(base, &entry.stored.search);
        }
        let entries = self.entries.entry(place).or_default();
        entries.push(entry);
        if entries.len() > self.limits.variants {
            entries.remove(0);
            self.counts.variants_dropped += 1;
        }
    }

    /// Remembers what an answer says of queries, so that others find it.
    fn learn(&mut self, base: String, search: &NoVarySearch) {
        let prefix = format!("{base} query");
        let known = self.searches.entry(base).or_default();
        if known.contains(search) {
            return;
        }
        known.push(search.clone());
        // Each is one more place to look; an origin that says many things is only remembered for the last of them.
        if known.len() > MOST_SEARCHES {
            let forgotten = known.remove(0);
            self.entries.retain(|place, entries| {
                if place.starts_with(&prefix) {
                    let before = entries.len();
                    entries.retain(|entry| entry.stored.search != forgotten);
                    self.counts.searches_dropped += (before - entries.len()) as u64;
                }
                !entries.is_empty()
            });
        }
    }

    fn replace(&mut self, key: &Key, entry: Entry) {
        if let Some(old) = self.entry_mut(key, entry.id) {
            *old = entry;
        }
    }

    /// What an answer was about is gone: the question is put again, as if it had never been there.
    fn ask_again(&self, asking: Asking, now: Moment) -> Step {
        let why = asking.forwarded.why.clone();
        let mut forwarded = match self.policy.choose(now, &asking.request, &[]) {
            Choice::Forward(forwarded) => forwarded,
            _ => asking.forwarded,
        };
        forwarded.why = why;
        forwarded.asks = Asks::TheSame;
        Step::Ask(Box::new(Asking { forwarded, basis: None, requested: now, ..asking }))
    }

    fn invalidate(&mut self, request: &Request<()>, invalidation: &Invalidation) {
        if invalidation.is_empty() {
            return;
        }
        let origin = resolved(request, &http::HeaderValue::from_static("")).map(|url| url.origin());
        for entry in self.entries.values_mut().flatten() {
            let Some(url) = &entry.url else { continue };
            let is_in_group = Some(url.origin()) == origin
                && entry.stored.groups.iter().any(|group| invalidation.groups.contains(group));
            if is_in_group || invalidation.urls.contains(url) {
                entry.stored.mark = Mark::Invalid;
            }
        }
    }
}

/// Under what an answer is kept.
fn place(base: &str, search: &NoVarySearch, key: &Key) -> String {
    match search.canonical(key.query()) {
        Some(query) => format!("{base} query={query}"),
        None => format!("{base} query"),
    }
}
