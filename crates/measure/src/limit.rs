//! Exact counters at a limit, so that a percentile threshold needs no estimate.
//!
//! Beside the counts the nearest value on either side is kept. k6's percentile interpolates between two neighbours
//! in the sorted list; when they lie on different sides of the limit, they are exactly these two values. So the
//! counters decide every threshold as all the raw values would.

use serde::{Deserialize, Serialize};

/// How many values of a series lie below, at and above a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LimitCount {
    /// The limit, in the metric's unit.
    pub limit: f64,
    /// Values below it.
    pub below: u64,
    /// Values equal to it.
    pub equal: u64,
    /// Values above it.
    pub above: u64,
    /// The largest value below it; negative infinity when there is none.
    pub nearest_below: f64,
    /// The smallest value above it; infinity when there is none.
    pub nearest_above: f64,
}

impl LimitCount {
    /// No values yet.
    pub fn new(limit: f64) -> Self {
        Self {
            limit,
            below: 0,
            equal: 0,
            above: 0,
            nearest_below: f64::NEG_INFINITY,
            nearest_above: f64::INFINITY,
        }
    }

    /// Counts these values.
    pub fn record(&mut self, values: &[f64]) {
        for &value in values {
            self.record_many(value, 1);
        }
    }

    /// Counts a value so many times.
    #[inline]
    pub(crate) fn record_many(&mut self, value: f64, times: u64) {
        if value < self.limit {
            self.below += times;
            self.nearest_below = self.nearest_below.max(value);
        } else if value > self.limit {
            self.above += times;
            self.nearest_above = self.nearest_above.min(value);
        } else {
            self.equal += times;
        }
    }

    /// Adds the counts of another counter at the same limit.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.limit, other.limit);
        self.below += other.below;
        self.equal += other.equal;
        self.above += other.above;
        self.nearest_below = self.nearest_below.max(other.nearest_below);
        self.nearest_above = self.nearest_above.min(other.nearest_above);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.below + self.equal + self.above
    }
}
