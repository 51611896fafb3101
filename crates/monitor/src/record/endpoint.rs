//! The endpoints that were seen, in a table of fixed size: this is what bounds the labels.
//!
//! A name beyond the limit is counted under `(other)`. Names come from routes, so the limit is met only when somebody labels with raw
//! paths; then the table must not be a way to fill the memory. Like a table of series it is searched without a lock.

use std::{
    hash::Hasher,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustc_hash::FxHasher;

use crate::LoadTest;

use super::{Budget, CacheUse, Ending, Key, MethodIndex, SeriesTable};

/// The label of what does not fit.
pub(crate) const OTHER: &str = "(other)";
/// The label of requests that no route matched.
pub(crate) const UNMATCHED: &str = "(unmatched)";
/// What is counted when even `(other)` has too many label sets.
const LAST: Key = Key { method: MethodIndex::OTHER, ending: Ending::Status(0), load_test: LoadTest::No };
/// A longer name is no route.
const LONGEST_NAME: usize = 256;

/// Something that requests are counted under.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// `http.route`; without it, these are calls inside requests that were counted elsewhere.
    pub(crate) route: Option<Box<str>>,
    /// The story's `endpoint`; without it, these are requests whose calls are counted one by one.
    pub(crate) name: Option<Box<str>>,
    pub(crate) series: SeriesTable,
    pub(crate) cache: CacheUse,
}

/// An endpoint by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndpointIndex(u32);

/// All endpoints.
#[derive(Debug)]
pub(crate) struct Endpoints {
    slots: Box<[OnceLock<Box<Endpoint>>]>,
    room: Budget,
    label_sets: Budget,
    overflow: AtomicU64,
    /// Counts what fits nowhere; its own table of series is never refused by the budget of label sets.
    other: EndpointIndex,
    unmatched: EndpointIndex,
}

impl Endpoints {
    /// Room for so many endpoints and so many label sets over all of them, besides `(other)` and `(unmatched)`.
    pub(crate) fn new(endpoints: usize, label_sets: usize) -> Endpoints {
        // Half of the slots stay free, so that a search for a name that is not there ends soon.
        let slots = (2 * (endpoints + 2)).next_power_of_two();
        let mut made = Endpoints {
            slots: (0..slots).map(|_| OnceLock::new()).collect(),
            room: Budget::new(endpoints + 2),
            label_sets: Budget::new(label_sets),
            overflow: AtomicU64::new(0),
            other: EndpointIndex(0),
            unmatched: EndpointIndex(0),
        };
        made.other = made.find(Some(OTHER), Some(OTHER));
        made.unmatched = made.find(Some(UNMATCHED), Some(UNMATCHED));
        // There from the beginning, so that the last resort always has a place.
        made.get(made.other).series.get(LAST, &Budget::new(1));
        made
    }

    pub(crate) fn unmatched(&self) -> EndpointIndex {
        self.unmatched
    }

    /// The endpoint of a name, made if there is room, or else `(other)`.
    pub(crate) fn find(&self, route: Option<&str>, endpoint: Option<&str>) -> EndpointIndex {
        let is_name = |name: Option<&str>| name.is_none_or(|name| name.len() <= LONGEST_NAME);
        if !is_name(route) || !is_name(endpoint) {
            return self.other;
        }
        let begin = hash(route, endpoint) as usize;
        let mask = self.slots.len() - 1;
        for offset in 0..self.slots.len() {
            let index = (begin + offset) & mask;
            let slot = &self.slots[index];
            let found = if let Some(found) = slot.get() {
                found
            } else {
                if !self.room.take() {
                    return self.other;
                }
                let mut used = false;
                let found = slot.get_or_init(|| {
                    used = true;
                    Box::new(Endpoint::new(route, endpoint))
                });
                if !used {
                    self.room.give_back();
                }
                found
            };
            if found.route.as_deref() == route && found.name.as_deref() == endpoint {
                return EndpointIndex(index as u32);
            }
        }
        self.other
    }

    /// Counts one request or call.
    pub(crate) fn record(&self, index: EndpointIndex, key: Key, elapsed: Duration) {
        if index == self.other {
            self.overflow.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(series) = self.get(index).series.get(key, &self.label_sets) {
            series.durations.record(elapsed);
            return;
        }
        if index != self.other {
            self.overflow.fetch_add(1, Ordering::Relaxed);
        }
        // Its table of series is bounded by itself, and there is only one.
        let enough = Budget::new(1);
        let series = &self.get(self.other).series;
        let found = series.get(key, &enough).or_else(|| series.get(LAST, &enough));
        found.expect("it was made with the table").durations.record(elapsed);
    }

    pub(crate) fn get(&self, index: EndpointIndex) -> &Endpoint {
        let slot = self.slots[index.0 as usize].get();
        slot.expect("an index is given out for a slot that is taken, and slots are never freed")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.slots.iter().filter_map(|slot| slot.get().map(Box::as_ref))
    }

    /// How many requests and calls were counted under `(other)`.
    pub(crate) fn overflow(&self) -> u64 {
        self.overflow.load(Ordering::Relaxed)
    }
}

impl Endpoint {
    fn new(route: Option<&str>, endpoint: Option<&str>) -> Endpoint {
        Endpoint {
            route: route.map(Into::into),
            name: endpoint.map(Into::into),
            series: SeriesTable::new(),
            cache: CacheUse::default(),
        }
    }
}

fn hash(route: Option<&str>, endpoint: Option<&str>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(route.unwrap_or_default().as_bytes());
    // Where both are the same text, as for most services, hashing it twice would tell no more.
    if route != endpoint {
        hasher.write(endpoint.unwrap_or_default().as_bytes());
    }
    let hash = hasher.finish();
    // The table looks at the low bits.
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(status: u16) -> Key {
        Key { method: MethodIndex::OTHER, ending: Ending::Status(status), load_test: LoadTest::No }
    }

    #[test]
    fn names_beyond_the_limit_are_other() {
        let endpoints = Endpoints::new(3, 100);
        for path in ["/a", "/b", "/c", "/d", "/a", "/e"] {
            let index = endpoints.find(Some(path), Some(path));
            endpoints.record(index, key(200), Duration::ZERO);
        }
        let mut names: Vec<_> = endpoints.iter().filter_map(|endpoint| endpoint.name.as_deref()).collect();
        names.sort_unstable();
        assert_eq!((names, endpoints.overflow()), (vec!["(other)", "(unmatched)", "/a", "/b", "/c"], 2));
        assert_eq!(endpoints.find(Some(&"x".repeat(300)), None), endpoints.other);
    }

    #[test]
    fn label_sets_beyond_the_limit_are_other_and_none_is_lost() {
        let endpoints = Endpoints::new(3, 4);
        let index = endpoints.find(Some("/a"), Some("/a"));
        for status in 100..300 {
            endpoints.record(index, key(status), Duration::ZERO);
        }
        assert_eq!(endpoints.overflow(), 196);
        let all: u64 = endpoints
            .iter()
            .flat_map(|endpoint| endpoint.series.iter())
            .map(|series| series.durations.counts().buckets(&super::super::REQUESTS, &[], 1.0)[0])
            .sum();
        // Although the table of `(other)` was full before the last could be told apart.
        assert_eq!(all, 200);
    }

    #[test]
    fn a_route_may_have_several_endpoints() {
        let endpoints = Endpoints::new(10, 100);
        let both = endpoints.find(Some("/rpc"), Some("a"));
        assert_ne!(both, endpoints.find(Some("/rpc"), Some("b")));
        assert_ne!(both, endpoints.find(None, Some("a")));
        assert_ne!(both, endpoints.find(Some("/rpc"), None));
        assert_eq!(both, endpoints.find(Some("/rpc"), Some("a")));
    }
}
