//! A distribution in buckets: any finite value, with a relative error of at most 0.136 %.

use crate::buckets::Buckets;
use crate::index::{bucket_index, representative};

/// Counts of values by base-2 exponential buckets of scale 8, one list for each sign and a count of zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Buckets of the values above zero.
    pub positive: Buckets,
    /// How many values were zero.
    pub zero: u64,
    /// Buckets of the values below zero, by their magnitude.
    pub negative: Buckets,
}

/// One of its buckets.
#[derive(Clone, Copy)]
enum Bucket {
    Negative(i32),
    Zero,
    Positive(i32),
}

impl Bucket {
    /// The value that stands for it.
    fn value(self) -> f64 {
        match self {
            Self::Negative(index) => -representative(index),
            Self::Zero => 0.0,
            Self::Positive(index) => representative(index),
        }
    }
}

impl Histogram {
    /// The histogram of finite values. `scratch` is working space that callers may keep.
    pub(crate) fn of(values: &[f64], scratch: &mut Vec<i32>) -> Self {
        scratch.clear();
        scratch.extend(values.iter().filter(|value| **value > 0.0).map(|value| bucket_index(*value)));
        let positive = Buckets::from_indexes(scratch);
        let zero = values.iter().filter(|value| **value == 0.0).count() as u64;
        if scratch.len() as u64 + zero == values.len() as u64 {
            return Self { positive, zero, negative: Buckets::default() };
        }
        scratch.clear();
        scratch.extend(values.iter().filter(|value| **value < 0.0).map(|value| bucket_index(-value)));
        Self { positive, zero, negative: Buckets::from_indexes(scratch) }
    }

    /// Adds one finite value.
    pub fn record(&mut self, value: f64) {
        self.record_many(value, 1);
    }

    /// Adds one finite value so many times.
    pub(crate) fn record_many(&mut self, value: f64, times: u64) {
        if value > 0.0 {
            self.positive.add(bucket_index(value), times);
        } else if value < 0.0 {
            self.negative.add(bucket_index(-value), times);
        } else {
            self.zero += times;
        }
    }

    /// Adds all values of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.positive.merge(&other.positive);
        self.negative.merge(&other.negative);
        self.zero += other.zero;
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.zero + self.positive.iter().chain(self.negative.iter()).map(|(_, count)| count).sum::<u64>()
    }

    /// The buckets that are not empty, ascending by value: the value that stands for them, and the count.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        self.buckets().map(|(bucket, count)| (bucket.value(), count))
    }

    /// The same without working out any value.
    fn buckets(&self) -> impl Iterator<Item = (Bucket, u64)> {
        let negative = self.negative.iter().rev().map(|(index, count)| (Bucket::Negative(index), count));
        let zero = (self.zero > 0).then_some((Bucket::Zero, self.zero));
        let positive = self.positive.iter().map(|(index, count)| (Bucket::Positive(index), count));
        negative.chain(zero).chain(positive)
    }

    /// The values at two ranks, counted from 0 in ascending order; `low` must not be above `high`. Ranks beyond the
    /// end get the largest value; an empty histogram gives zeros.
    pub(crate) fn at_ranks(&self, low: u64, high: u64) -> (f64, f64) {
        let mut passed = 0;
        let mut at_low = None;
        let mut last = None;
        for (bucket, count) in self.buckets() {
            passed += count;
            last = Some(bucket);
            if passed > low && at_low.is_none() {
                at_low = last;
            }
            if passed > high {
                break;
            }
        }
        let value = |bucket: Option<Bucket>| bucket.map_or(0.0, Bucket::value);
        (value(at_low.or(last)), value(last))
    }
}
