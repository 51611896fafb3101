//! A question to the origin that is under way, and whether others may wait for its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{AUTHORIZATION, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE};
use http::{Method, Request};

use super::entry::{Entry, Refresh};
use crate::fields::cache_status::Forward;
use crate::key::Key;
use crate::moment::Moment;
use crate::policy::{Asks, Forwarded, SetCookie};

/// A question to the origin that is under way.
#[derive(Debug)]
pub struct Asking {
    /// What is sent.
    pub forwarded: Forwarded,
    /// Whether others may wait for its answer.
    pub sharing: Sharing,
    /// What becomes of cookies in its answer, where that is otherwise than by the cache's policy: a rule says so.
    pub set_cookie: Option<SetCookie>,
    pub(super) request: Request<()>,
    pub(super) key: Key,
    pub(super) hash: u64,
    pub(super) basis: Option<Arc<Entry>>,
    /// What a 304 may name instead.
    pub(super) others: Vec<Arc<Entry>>,
    pub(super) requested: Moment,
    /// Which purges had been.
    pub(super) born: u64,
    #[expect(dead_code, reason = "it is given back when this is dropped")]
    pub(super) refresh: Option<Refresh>,
}

/// Whether requests may wait for the answer to one of them (RFC 9111 §4).
///
/// The number stands for the question. Two questions may have the same one, if rarely, so whoever has waited asks the
/// cache again ([`Cache::waited`](super::Cache::waited)) and takes what was kept, or goes on alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// It asks for itself.
    Alone,
    /// It may wait for another one's answer, but others may not wait for its own: it asks for less than all.
    Follow(u64),
    /// It may wait, and if there is nobody to wait for, others may wait for it.
    Lead(u64),
}

impl Asking {
    /// Whether others may wait for what it asks, by what it asks.
    pub(super) fn shared(&self) -> Sharing {
        let is_miss = self.forwarded.why.is_miss() || self.forwarded.why == Forward::Stale;
        let is_readable = matches!(self.request.method().as_str(), "GET" | "HEAD" | "QUERY");
        if !is_miss || !is_readable || self.request.headers().contains_key(AUTHORIZATION) {
            return Sharing::Alone;
        }
        let asked = &self.forwarded.request;
        let conditions = [RANGE, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_MATCH, IF_UNMODIFIED_SINCE];
        // Our own conditions are about what is kept, and the answer to them is for all.
        let is_whole = match self.forwarded.asks {
            Asks::TheSame => conditions.iter().all(|name| !asked.headers().contains_key(name)),
            Asks::WhetherRight | Asks::From(_) | Asks::ForAll => true,
        };
        if is_whole && *asked.method() != Method::HEAD {
            Sharing::Lead(self.hash)
        } else {
            Sharing::Follow(self.hash)
        }
    }
}

/// A power of two.
const SLOTS: usize = 4_096;

/// Questions whose last answer could not be kept: whoever waited for the next one would wait for nothing, one behind
/// the other. A question that is pushed out of its slot is only waited for once more.
#[derive(Debug)]
pub(super) struct Loners(Vec<AtomicU64>);

impl Loners {
    pub(super) fn new() -> Self {
        Self((0..SLOTS).map(|_| AtomicU64::new(0)).collect())
    }

    pub(super) fn has(&self, hash: u64) -> bool {
        self.slot(hash).load(Ordering::Relaxed) == hash
    }

    pub(super) fn put(&self, hash: u64) {
        self.slot(hash).store(hash, Ordering::Relaxed);
    }

    pub(super) fn remove(&self, hash: u64) {
        let _ = self.slot(hash).compare_exchange(hash, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn slot(&self, hash: u64) -> &AtomicU64 {
        &self.0[(hash >> 20) as usize & (SLOTS - 1)]
    }
}
