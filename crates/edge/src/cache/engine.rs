//! What is kept, for many threads, and what becomes of a request.
//!
//! It takes requests and answers as values and says what to do next, so that a test or a simulation can be the
//! network. A request is a [`Step`]; when the step is to ask, whoever asks brings the answer's head back with the
//! [`Asking`] it was given ([`Cache::answer`]), and then its body ([`Keeping`](super::Keeping)).
//!
//! The hash of a place chooses a shard, whose lock is held for as long as it takes to find an answer there, and never
//! while anything is decided, copied or sent. Room is that of the whole cache: it is taken before anything is put in,
//! and when there is none, shards give something up in turn.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use http::Request;

use super::asking::{Asking, Loners, Sharing};
use super::entry::{Entry, Refresh, Shelf, Shelved};
use super::labels::{Fate, Labels};
use super::limits::{Counts, Limits, Tallies, add};
use super::record::{Journal, Record};
use super::reply::Reply;
use super::searches::Searches;
use super::shard::{Shard, Side};
use crate::key::Key;
use crate::moment::Moment;
use crate::policy::{Choice, Forwarded, Policy, Stored};

/// A power of two.
const SHARDS: usize = 64;

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

/// A cache.
#[derive(Debug)]
pub struct Cache {
    pub(super) policy: Policy,
    pub(super) limits: Limits,
    pub(super) shelf: Shelf,
    pub(super) tallies: Arc<Tallies>,
    pub(super) labels: Labels,
    pub(super) searches: Searches,
    pub(super) loners: Loners,
    shards: Vec<Mutex<Shard>>,
    /// Bytes that are on probation in all of them.
    on_probation: Arc<AtomicU64>,
    hasher: RandomState,
    pub(super) journal: OnceLock<Arc<dyn Journal>>,
    /// Which shard gives something up next.
    turn: AtomicUsize,
}

impl Cache {
    /// An empty one.
    pub fn new(policy: Policy, limits: Limits) -> Self {
        let on_probation = Arc::<AtomicU64>::default();
        Self {
            policy,
            limits,
            shelf: Shelved::as_it_is,
            tallies: Arc::default(),
            labels: Labels::new(),
            searches: Searches::default(),
            loners: Loners::new(),
            shards: (0..SHARDS).map(|_| Mutex::new(Shard::new(Arc::clone(&on_probation)))).collect(),
            on_probation,
            hasher: RandomState::new(),
            journal: OnceLock::new(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The same, which has its large bodies put somewhere.
    #[must_use]
    pub fn with_shelf(self, shelf: Shelf) -> Self {
        Self { shelf, ..self }
    }

    /// What there is, and what was let go of so far.
    pub fn counts(&self) -> Counts {
        self.tallies.counts()
    }

    /// How many answers are kept, those among them that a purge has taken away and nobody has come upon since.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| locked(shard).len()).sum()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What to do with a request.
    pub fn request(&self, now: Moment, key: &Key, request: &Request<()>) -> Step {
        self.step(now, key, request, None)
    }

    /// What to do with a request that has waited for the answer to another one ([`Sharing`]), which has come, or will
    /// not come: what was kept meanwhile is served even if it is fresh for no time at all, because it answers a
    /// question that was put before it came. Otherwise it goes on alone.
    pub fn waited(&self, now: Moment, asking: &Asking) -> Step {
        let step = self.step(now, &asking.key, &asking.request, Some(asking.requested));
        let collapsed = |reply: Reply| {
            if reply.status.hit { reply.collapsed(&asking.forwarded.why) } else { reply }
        };
        match step {
            Step::Done(reply) => Step::Done(collapsed(reply)),
            Step::DoneAndAsk(reply, refresh) => Step::DoneAndAsk(collapsed(reply), refresh),
            Step::Ask(mut alone) => {
                alone.sharing = Sharing::Alone;
                Step::Ask(alone)
            }
        }
    }

    fn step(&self, now: Moment, key: &Key, request: &Request<()>, waiting_since: Option<Moment>) -> Step {
        let places = self.searches.places(key);
        let entries = self.at(&places);
        let stored: Vec<Stored> =
            entries.iter().map(|entry| standing(entry.stored(), now, waiting_since)).collect();
        let stored: Vec<&Stored> = stored.iter().collect();
        let asking = |forwarded: Forwarded, refresh: Option<Refresh>| {
            let mut asking = Box::new(Asking {
                sharing: Sharing::Alone,
                set_cookie: None,
                request: request.clone(),
                key: key.clone(),
                hash: self.hash(&places[0]),
                basis: forwarded.basis.map(|index| Arc::clone(&entries[index])),
                others: forwarded.others.iter().map(|index| Arc::clone(&entries[*index])).collect(),
                requested: now,
                born: self.labels.count(),
                refresh,
                forwarded,
            });
            if !self.loners.has(asking.hash) {
                asking.sharing = asking.shared();
            }
            asking
        };
        match self.policy.choose(now, request, &stored) {
            Choice::Serve(index, served) => {
                entries[index].used();
                Step::Done(Reply::of(served, stored[index].held, &entries[index].body()))
            }
            Choice::ServeAndRefresh(index, served, forwarded) => {
                entries[index].used();
                let reply = Reply::of(served, stored[index].held, &entries[index].body());
                match Refresh::of(&entries[index]) {
                    Some(refresh) => Step::DoneAndAsk(reply, asking(*forwarded, Some(refresh))),
                    // Somebody is asking already.
                    None => Step::Done(reply),
                }
            }
            Choice::Forward(forwarded) => Step::Ask(asking(forwarded, None)),
            Choice::Refuse(response, status) => {
                Step::Done(Reply::new(response.map(|()| Bytes::new()), status))
            }
        }
    }

    /// What is kept at these places and was not purged.
    pub(super) fn at(&self, places: &[String]) -> Vec<Arc<Entry>> {
        let mut all = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let hash = self.hash(place);
            // An answer to which every difference between queries matters is found by the query as it is.
            let found = |entry: &&Arc<Entry>| index == 0 || !entry.is_for_one_query();
            all.extend(self.shard(hash).at(hash, place).filter(found).cloned());
        }
        all.retain(|entry| self.stands(entry));
        all
    }

    /// Whether an answer was not purged; what else was said of its labels is marked on it.
    pub(super) fn stands(&self, entry: &Arc<Entry>) -> bool {
        let last = self.labels.last();
        entry.checked.load(Ordering::Relaxed) >= last || self.look_at(entry, last)
    }

    fn look_at(&self, entry: &Arc<Entry>, last: u64) -> bool {
        match self.labels.fate(entry.labels(), entry.checked.load(Ordering::Relaxed)) {
            Some(Fate::Gone) => {
                if self.remove(entry) {
                    add(&self.tallies.purged, 1);
                }
                return false;
            }
            Some(Fate::Marked(mark)) => entry.mark(mark),
            None => {}
        }
        entry.checked.fetch_max(last, Ordering::Relaxed);
        true
    }

    pub(super) fn hash(&self, place: &str) -> u64 {
        self.hash_of(place)
    }

    pub(super) fn hash_of(&self, what: impl Hash) -> u64 {
        self.hasher.hash_one(what)
    }

    pub(super) fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        locked(&self.shards[(hash >> 32) as usize & (SHARDS - 1)])
    }

    /// All shards, to look at one after the other.
    pub(super) fn shards(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.shards.iter().map(locked)
    }

    /// Writes a record, if there is a journal.
    pub(super) fn write(&self, record: impl FnOnce() -> Record) {
        if let Some(journal) = self.journal.get() {
            journal.write(record());
        }
    }

    /// Puts an answer in, and what says so into the journal. Whether there was room, and no purge has overtaken it.
    pub(super) fn insert(&self, entry: Arc<Entry>, record: Option<Record>) -> bool {
        if !self.make_room(entry.cost()) {
            return false;
        }
        self.labels.hold(entry.labels(), entry.checked.load(Ordering::Relaxed));
        add(&self.tallies.answers, 1);
        let (hash, kept) = (entry.hash, Arc::clone(&entry));
        self.shard(hash).insert(entry);
        self.settle(&kept, record)
    }

    /// Whether an answer that has just been put in stands. Only now: a purge either has counted it, or is found here;
    /// and what is found here may be in the journal before the answer.
    fn settle(&self, entry: &Arc<Entry>, record: Option<Record>) -> bool {
        let is_written = record.is_some();
        if let Some(record) = record {
            self.write(|| record);
        }
        let fate = self.labels.fate(entry.labels(), entry.checked.load(Ordering::Relaxed));
        if fate.is_some() && is_written {
            self.write(|| Record::drop(entry.place()));
        }
        self.look_at(entry, self.labels.last())
    }

    /// Puts an answer in the place of an older one. Whether that was still there, and there was room.
    pub(super) fn replace(&self, old: &Arc<Entry>, new: Arc<Entry>, record: Option<Record>) -> bool {
        if !self.make_room(new.cost()) {
            return false;
        }
        self.labels.hold(new.labels(), new.checked.load(Ordering::Relaxed));
        let kept = Arc::clone(&new);
        let is_replaced = self.shard(old.hash).replace(old, new);
        // Either the old one has gone, or the new one has not come.
        self.release(if is_replaced { old } else { &kept });
        is_replaced && self.settle(&kept, record)
    }

    /// Takes an answer out. Whether it was there.
    pub(super) fn remove(&self, entry: &Arc<Entry>) -> bool {
        let is_removed = self.shard(entry.hash).remove(entry);
        if is_removed {
            self.tallies.answers.fetch_sub(1, Ordering::Relaxed);
            self.release(entry);
        }
        is_removed
    }

    fn release(&self, entry: &Entry) {
        self.tallies.give_back(entry.cost());
        self.labels.release(entry.labels(), entry.checked.load(Ordering::Relaxed));
    }

    fn make_room(&self, bytes: u64) -> bool {
        if bytes > self.limits.bytes {
            add(&self.tallies.no_room, 1);
            return false;
        }
        while !self.tallies.take_room(bytes, self.limits.bytes) {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let give = |from| {
                (0..SHARDS).find_map(|next| locked(&self.shards[(turn + next) & (SHARDS - 1)]).evict(from))
            };
            let on_probation = self.on_probation.load(Ordering::Relaxed);
            let gives = match Side::of(on_probation, self.tallies.bytes.load(Ordering::Relaxed)) {
                Side::Probation => give(Side::Probation).or_else(|| give(Side::Main)),
                Side::Main => give(Side::Main).or_else(|| give(Side::Probation)),
            };
            // What others have taken room for and not yet put in cannot be given up.
            let Some(gone) = gives else {
                add(&self.tallies.no_room, 1);
                return false;
            };
            self.tallies.answers.fetch_sub(1, Ordering::Relaxed);
            add(&self.tallies.evicted, 1);
            self.release(&gone);
        }
        true
    }
}

fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer as it stands for a request that has waited since then.
pub(super) fn standing(mut stored: Stored, now: Moment, waiting_since: Option<Moment>) -> Stored {
    let may_be_shared = stored.mark == crate::policy::Mark::None
        && !stored.freshness.validate_always
        && !stored.freshness.stale.is_forbidden;
    if waiting_since.is_some_and(|since| stored.received >= since) && may_be_shared {
        let age = stored.age(now);
        stored.freshness.lifetime =
            stored.freshness.lifetime.max(age.saturating_add(std::time::Duration::from_millis(1)));
    }
    stored
}
