//! The slowest requests of each endpoint, with the traces they were in: examples to look at, beside the figures.
//!
//! A few of each endpoint are kept. Merging keeps those that would have been kept together, so that it does not matter
//! who saw which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Requests that are kept of an endpoint.
const MOST: usize = 10;
/// Endpoints that have any; of more the first by name.
const MOST_ENDPOINTS: usize = 200;

/// The slowest requests of a run that were in a trace, by endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlowRequests {
    endpoints: BTreeMap<String, Vec<SlowRequest>>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct SlowRequest {
    /// What its user waited, in nanoseconds: its response time.
    pub took_ns: u64,
    /// The trace it was in, in hexadecimal.
    pub trace: String,
    /// Its own span there, in hexadecimal: the parent of its server's.
    pub span: String,
    /// When it ended, in milliseconds since 1970 UTC.
    pub ended_unix_ms: i64,
    /// Its status; 0 without an answer.
    pub status: u16,
    /// How long its server took by its own spans, in nanoseconds; 0 where that is not known.
    pub server_ns: u64,
    /// What that time went into, by name, in nanoseconds: together more than `server_ns` where parts overlap.
    pub parts: Vec<(String, u64)>,
}

impl SlowRequests {
    /// Adds a request, if it is one of the slowest of its endpoint.
    pub fn add(&mut self, endpoint: &str, request: SlowRequest) {
        if !self.endpoints.contains_key(endpoint) {
            if self.endpoints.len() >= MOST_ENDPOINTS {
                match self.endpoints.last_key_value() {
                    Some((last, _)) if last.as_str() > endpoint => drop(self.endpoints.pop_last()),
                    _ => return,
                }
            }
            self.endpoints.insert(endpoint.to_owned(), Vec::with_capacity(MOST));
        }
        let Some(slowest) = self.endpoints.get_mut(endpoint) else { return };
        let is_before = |known: &SlowRequest| {
            (known.took_ns, known.trace.as_str()) > (request.took_ns, request.trace.as_str())
        };
        let at = slowest.partition_point(is_before);
        if at >= MOST || slowest.get(at) == Some(&request) {
            return;
        }
        slowest.insert(at, request);
        slowest.truncate(MOST);
    }

    /// Whether a request that took so long would be one of the slowest of its endpoint.
    pub fn wants(&self, endpoint: &str, took_ns: u64) -> bool {
        match self.endpoints.get(endpoint) {
            Some(slowest) => {
                slowest.len() < MOST || slowest.last().is_some_and(|last| last.took_ns <= took_ns)
            }
            None => {
                self.endpoints.len() < MOST_ENDPOINTS
                    || self.endpoints.last_key_value().is_some_and(|(last, _)| last.as_str() > endpoint)
            }
        }
    }

    /// The endpoints by name, each with its slowest requests, slowest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[SlowRequest])> {
        self.endpoints.iter().map(|(endpoint, slowest)| (endpoint.as_str(), slowest.as_slice()))
    }

    /// Each of them, to be told what is found out later.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut SlowRequest> {
        self.endpoints.values_mut().flatten()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    /// Adds those of another part of the run.
    pub fn merge(&mut self, other: &Self) {
        for (endpoint, slowest) in &other.endpoints {
            for request in slowest {
                self.add(endpoint, request.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn request(took_ns: u64) -> SlowRequest {
        SlowRequest { took_ns, trace: format!("{:032x}", took_ns * 7), ..SlowRequest::default() }
    }

    #[test]
    fn the_slowest_are_kept() {
        let mut slowest = SlowRequests::default();
        for took in 0..100 {
            slowest.add("GET /", request((took * 37) % 100));
        }
        let (endpoint, kept) = slowest.iter().next().unwrap();
        let took: Vec<u64> = kept.iter().map(|request| request.took_ns).collect();
        assert_eq!((endpoint, took), ("GET /", (90..100).rev().collect()));
        assert!(!slowest.wants("GET /", 89) && slowest.wants("GET /", 90) && slowest.wants("GET /x", 0));
        let written = serde_json::to_string(&slowest).unwrap();
        assert_eq!(serde_json::from_str::<SlowRequests>(&written).unwrap(), slowest);
    }

    #[test]
    fn endpoints_are_bounded() {
        let mut slowest = SlowRequests::default();
        for number in (0..500).rev() {
            slowest.add(&format!("GET /{number:03}"), request(number));
        }
        assert_eq!(slowest.iter().count(), MOST_ENDPOINTS);
        assert_eq!(slowest.iter().last().map(|(name, _)| name), Some("GET /199"));
        assert!(!slowest.wants("GET /300", 1_000) && slowest.wants("GET /000/x", 1));
    }

    proptest! {
        #[test]
        fn merged_is_as_if_seen_together(all in vec((0_usize..300, 0_u64..60, any::<bool>()), 0..600)) {
            let (mut one, mut other, mut together) = (SlowRequests::default(), SlowRequests::default(), SlowRequests::default());
            for (endpoint, took, first) in all {
                let endpoint = format!("GET /{endpoint:03}");
                together.add(&endpoint, request(took));
                if first { one.add(&endpoint, request(took)) } else { other.add(&endpoint, request(took)) }
            }
            let (mut forth, mut back) = (one.clone(), other.clone());
            forth.merge(&other);
            back.merge(&one);
            prop_assert_eq!(&forth, &together);
            prop_assert_eq!(&back, &together);
        }
    }
}
