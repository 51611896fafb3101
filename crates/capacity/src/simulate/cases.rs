//! The services that the search is tried on, with their lines.
//!
//! Lines are computed where there is a formula, and otherwise bisected over simulations of four million requests each
//! (`--example trials -- 1 1 truth`), which gives them to a few tenths of a per cent.

use super::chance::Law;
use super::service::Kind;
use super::trial::Trial;
use crate::search::Terms;

/// A service and its line.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The response time that 95 of 100 requests have to keep, in seconds.
    pub p95_s: f64,
    /// The rate at which it just keeps that and at most 1 % errors, per second.
    pub truth: f64,
    /// The rate that the search begins with.
    pub start: f64,
}

impl Case {
    /// The same, so many times as fast, with a line so many times as high. The search begins where it did.
    #[must_use]
    pub const fn faster(self, times: f64) -> Self {
        Self { kind: self.kind.faster(times), p95_s: self.p95_s / times, truth: self.truth * times, ..self }
    }

    /// The same with so many times as much side by side: a line about so many times as high, because many that share a
    /// queue wait less.
    #[must_use]
    pub const fn wider(self, times: usize) -> Self {
        Self {
            kind: self.kind.wider(times),
            truth: self.truth * times as f64,
            start: self.start * times as f64,
            ..self
        }
    }

    /// The same by a factor as people write it: `4` times as fast, or `4x8`, four times as fast and eight times as
    /// wide.
    pub fn times(self, factor: &str) -> Option<Self> {
        let (faster, wider) = factor.split_once('x').unwrap_or((factor, "1"));
        Some(self.faster(faster.parse().ok()?).wider(wider.parse().ok()?))
    }

    /// The search on it, with five minutes.
    pub const fn trial(&self) -> Trial {
        let terms =
            Terms { start: self.start, max: self.start * 100.0, at_most_s: 300.0, whole: false, burst: true };
        Trial { kind: self.kind, p95_s: self.p95_s, errors: 0.01, terms, evenly: false, stalls: None }
    }
}

/// All of them.
pub const CASES: [Case; 12] = [
    // Erlang: `Station::rate_within(0.95, 0.1)`.
    case("exponential", Kind::Workers { workers: 4, service: Law::Exponential(0.02) }, 0.1, 162.94),
    case("fixed", Kind::Workers { workers: 4, service: Law::Fixed(0.02) }, 0.05, 159.7),
    case("heavy tail", Kind::Workers { workers: 8, service: Law::HeavyTailed(0.02) }, 0.15, 352.6),
    case("loose budget", Kind::Workers { workers: 4, service: Law::Exponential(0.02) }, 1.0, 196.94),
    // Less than 250 / 0.99, because arrivals come in bunches.
    case("rate limiter", Kind::RateLimiter { per_s: 250.0, at_once: 25.0 }, 0.1, 243.7),
    // Erlang's first formula: 20 places lose 1 % at 12.03 erlangs.
    case(
        "connection limit",
        Kind::ConnectionLimit { limit: 20, service: Law::Exponential(0.05) },
        0.2,
        240.5,
    ),
    case("lock", Kind::Lock { held: Law::Exponential(0.004), beside: Law::Exponential(0.01) }, 0.1, 216.1),
    case(
        "warming cache",
        Kind::WarmingCache {
            workers: 4,
            hit: Law::Exponential(0.004),
            miss: Law::Exponential(0.04),
            fills_in: 500.0,
            rest: 0.2,
        },
        0.15,
        302.1,
    ),
    // Half as long again: as of exponential service times of 30 ms.
    case("leak", Kind::Leak { workers: 4, service: Law::Exponential(0.02), breaks_after: 6_000 }, 0.2, 116.4),
    case(
        "shedder",
        Kind::Shedder { workers: 4, service: Law::Exponential(0.02), most_wait_s: 0.05 },
        0.15,
        148.5,
    ),
    case("recovers", Kind::Workers { workers: 16, service: Law::Exponential(0.05) }, 0.25, 303.4),
    case(
        "does not recover",
        Kind::Metastable { workers: 4, service: Law::Exponential(0.02), tips_at_s: 0.5 },
        0.1,
        162.94,
    ),
];

const fn case(name: &'static str, kind: Kind, p95_s: f64, truth: f64) -> Case {
    Case { name, kind, p95_s, truth, start: 20.0 }
}
