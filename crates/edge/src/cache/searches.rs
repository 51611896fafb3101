//! What answers have said in `No-Vary-Search`, by what is the same for all queries of a resource.
//!
//! An answer that says that some parameters do not matter is kept under the query without them, and a request finds it
//! by trying what has been said of its resource before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::limits::add;
use crate::fields::no_vary_search::NoVarySearch;
use crate::key::Key;

/// So many different ones of one resource are remembered: each is one more place to look at.
const MOST_OF_ONE: usize = 4;
/// Of so many resources they are.
const MOST: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Searches {
    /// Whether there are any; most often nobody has to look.
    any: AtomicBool,
    known: RwLock<HashMap<String, Vec<NoVarySearch>>>,
}

impl Searches {
    /// Where a key's answers can be: under its query as it is, and as far as it counts by what answers have said.
    pub(super) fn places(&self, key: &Key) -> Vec<String> {
        let mut places = vec![key.place(key.query())];
        if self.any.load(Ordering::Acquire) {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            for search in known.get(base(&places[0])).into_iter().flatten() {
                let place = key.place(search.canonical(key.query()).as_deref());
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        places
    }

    /// Remembers what an answer at a place says; what is forgotten for it is counted.
    pub(super) fn learn(&self, place: &str, search: &NoVarySearch, forgotten: &AtomicU64) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        self.any.store(true, Ordering::Release);
        let base = base(place);
        if all.len() >= MOST && !all.contains_key(base) {
            add(forgotten, all.values().map(|known| known.len() as u64).sum());
            all.clear();
        }
        let known = all.entry(base.to_owned()).or_default();
        if known.contains(search) {
            return;
        }
        known.push(search.clone());
        if known.len() > MOST_OF_ONE {
            known.remove(0);
            add(forgotten, 1);
        }
    }
}

/// What places of one resource have in common: all but the query, which is last.
fn base(place: &str) -> &str {
    place.rsplit_once(' ').map_or(place, |(base, _)| base)
}
