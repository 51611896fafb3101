//! Requests that carry a trace: which of them do, and their identifiers.
//!
//! All of a run's traces begin with the same 64 random bits, so that their spans are told from those of others without
//! a list of them; the other half is random, because samplers decide by the last 56 bits. A request that is not among
//! the share says so with a flag, so that a server that follows its callers keeps no spans of it.
//!
//! The share is kept by chance. So is the most that there may be in a second, as far as the second before tells: the
//! first requests of a second are none that stand for all. What that lets through beyond the most is cut off.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use http::HeaderMap;
use tokio::time::Instant;

use crate::trace_context::{TRACEPARENT, TraceContext, Traceparent};

/// How traces are numbered, and how many of the requests are sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceSampling {
    /// The share of the requests whose spans are asked for, from 0 to 1.
    pub share: f64,
    /// The most of them in a second.
    pub most_per_second: u32,
}

/// Gives requests their traces, while it is on.
#[derive(Debug)]
pub struct Tracing {
    prefix: u64,
    /// Of 56 random bits those are sampled that are not below it.
    threshold: u64,
    most: u32,
    begun: Instant,
    on: AtomicBool,
    wanted: Second,
    granted: Second,
}

/// The context of a request, and whether it stands in the request already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) context: TraceContext,
    pub(crate) is_given: bool,
}

impl Carried {
    /// The field to send beside those of the request.
    pub(crate) fn field(self) -> Option<Traceparent> {
        (!self.is_given).then(|| self.context.field())
    }
}

/// What was counted in this second, and in the one before.
#[derive(Debug, Default)]
struct Second {
    /// The second's number above, the count below.
    now: AtomicU64,
    before: AtomicU32,
}

const RANDOM_BITS: u32 = 56;

impl Tracing {
    /// A new run's traces; none is given before it is switched on.
    pub fn new(sampling: TraceSampling) -> Self {
        let scale = (1_u64 << RANDOM_BITS) as f64;
        Self {
            prefix: random(),
            threshold: ((1.0 - sampling.share.clamp(0.0, 1.0)) * scale).round() as u64,
            most: sampling.most_per_second.max(1),
            begun: Instant::now(),
            on: AtomicBool::new(false),
            wanted: Second::default(),
            granted: Second::default(),
        }
    }

    /// What all traces that it gives begin with.
    pub fn prefix(&self) -> u64 {
        self.prefix
    }

    /// Whether requests get traces from now on.
    pub fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// The trace of a request with these fields that is asked for now. One that it was given is followed.
    pub(crate) fn of(&self, headers: &HeaderMap, now: Instant) -> Option<Carried> {
        if !self.on.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(given) = headers.get(TRACEPARENT) {
            let context = TraceContext::parse(given.as_bytes())?;
            return Some(Carried { context, is_given: true });
        }
        let low = random();
        let sampled = low & ((1 << RANDOM_BITS) - 1) >= self.threshold && self.has_room(now);
        let trace = u128::from(self.prefix) << 64 | u128::from(low);
        Some(Carried { context: TraceContext { trace, span: random(), sampled }, is_given: false })
    }

    /// Whether one more may be sampled in this second.
    fn has_room(&self, now: Instant) -> bool {
        let second = now.saturating_duration_since(self.begun).as_secs();
        self.wanted.count(second);
        let before = self.wanted.before.load(Ordering::Relaxed);
        // By chance, so many as there may be of those that there were.
        let is_one = before <= self.most || random() % u64::from(before) < u64::from(self.most);
        is_one && self.granted.count(second) <= self.most
    }
}

impl Second {
    /// Counts one more, and says how many there are in this second.
    fn count(&self, second: u64) -> u32 {
        let second = second & 0xffff_ffff;
        let mut now = self.now.load(Ordering::Relaxed);
        loop {
            let next = if now >> 32 == second { now.saturating_add(1) } else { second << 32 | 1 };
            match self.now.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if now >> 32 != second {
                        let is_next = now >> 32 == second.wrapping_sub(1);
                        self.before.store(if is_next { now as u32 } else { 0 }, Ordering::Relaxed);
                    }
                    return next as u32;
                }
                Err(other) => now = other,
            }
        }
    }
}

/// 64 random bits that are not all 0: unlikely to meet twice, not secret.
fn random() -> u64 {
    thread_local! {
        // The system seeds a `RandomState`.
        static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish());
    }
    loop {
        // SplitMix64 (Steele, Lea and Flood 2014): what one thread draws never repeats within 2⁶⁴.
        let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        STATE.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if mixed != 0 {
            return mixed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;

    fn tracing(share: f64, most_per_second: u32) -> Tracing {
        let tracing = Tracing::new(TraceSampling { share, most_per_second });
        tracing.switch(true);
        tracing
    }

    #[test]
    fn no_two_requests_are_the_same_and_all_are_the_run_s() {
        let tracing = tracing(1.0, u32::MAX);
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let Carried { context, is_given } = tracing.of(&HeaderMap::new(), tracing.begun).unwrap();
            assert!(context.sampled && !is_given && context.span != 0);
            assert_eq!((context.trace >> 64) as u64, tracing.prefix());
            assert!(seen.insert(context.trace) && seen.insert(context.span.into()));
        }
        tracing.switch(false);
        assert_eq!(tracing.of(&HeaderMap::new(), tracing.begun), None);
    }

    #[test]
    fn what_a_request_was_given_is_followed() {
        let tracing = tracing(0.0, 1);
        let mut headers = HeaderMap::new();
        headers
            .insert(TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
        let carried = tracing.of(&headers, tracing.begun).unwrap();
        assert!(carried.is_given && carried.context.sampled && carried.context.span == 0x00f0_67aa_0ba9_02b7);
        headers.insert(TRACEPARENT, "mine".parse().unwrap());
        assert_eq!(tracing.of(&headers, tracing.begun), None, "it is sent as it is, and is no trace");
    }

    #[test]
    fn the_share_is_kept() {
        let tracing = tracing(0.25, u32::MAX);
        let all =
            (0..20_000).filter(|_| tracing.of(&HeaderMap::new(), tracing.begun).unwrap().context.sampled);
        let sampled = all.count();
        assert!((4_600..5_400).contains(&sampled), "{sampled}");
    }

    #[test]
    fn a_second_has_no_more_than_it_may_and_they_are_spread() {
        let tracing = tracing(1.0, 100);
        for second in 0..4 {
            let mut places = Vec::new();
            for place in 0..10_000 {
                let now = tracing.begun + Duration::from_secs(second);
                if tracing.of(&HeaderMap::new(), now).unwrap().context.sampled {
                    places.push(place);
                }
            }
            assert!(places.len() <= 100 && places.len() > 50, "{}", places.len());
            // The first second knows of none before it.
            let last = places.last().copied().unwrap_or_default();
            assert!(if second == 0 { last == 99 } else { last > 6_000 }, "{second}: {last}");
        }
    }
}
