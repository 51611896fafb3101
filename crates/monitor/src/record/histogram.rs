//! A histogram that many threads add to: two atomic additions a value, no lock, no allocation.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{Boundaries, shard};

/// Enough for the longest list of boundaries, and the cell above them.
const CELLS: usize = 17;

/// One copy of the counters, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Copy {
    cells: [AtomicU64; CELLS],
    sum_ns: AtomicU64,
}

/// Durations, counted between boundaries.
#[derive(Debug)]
pub(crate) struct Histogram {
    boundaries: &'static Boundaries,
    copies: Box<[Copy]>,
}

/// What a histogram held at one moment. The count is the sum of the cells, so that a scrape in mid-flight never contradicts itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    cells: [u64; CELLS],
    sum_ns: u64,
}

impl Histogram {
    pub(crate) fn new(boundaries: &'static Boundaries) -> Histogram {
        assert!(boundaries.cells_ns.len() < CELLS, "every boundary needs a cell");
        Histogram { boundaries, copies: (0..shard::shards()).map(|_| Copy::default()).collect() }
    }

    /// Adds a value; its upper boundary includes it.
    pub(crate) fn record(&self, value: Duration) {
        let ns = u64::try_from(value.as_nanos()).unwrap_or(u64::MAX);
        let cell = self.boundaries.cells_ns.partition_point(|end| *end < ns);
        let copy = &self.copies[shard::this_shard(self.copies.len())];
        copy.cells[cell].fetch_add(1, Ordering::Relaxed);
        copy.sum_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// Everything that was added.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for copy in &self.copies {
            for (sum, cell) in counts.cells.iter_mut().zip(&copy.cells) {
                *sum += cell.load(Ordering::Relaxed);
            }
            counts.sum_ns = counts.sum_ns.wrapping_add(copy.sum_ns.load(Ordering::Relaxed));
        }
        counts
    }
}

impl Histogram {
    /// The end of the first cell up to which so large a share of the values lies.
    pub(crate) fn at_most(&self, share: f64) -> Option<Duration> {
        let counts = self.counts();
        let wanted = counts.count() as f64 * share;
        let mut sum = 0;
        let cell = counts.cells.iter().position(|cell| {
            sum += cell;
            sum > 0 && sum as f64 >= wanted
        })?;
        self.boundaries.cells_ns.get(cell).copied().map(Duration::from_nanos)
    }
}

impl Counts {
    /// How many values were added.
    pub(crate) fn count(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: &Counts) {
        for (sum, cell) in self.cells.iter_mut().zip(&other.cells) {
            *sum += cell;
        }
        self.sum_ns = self.sum_ns.wrapping_add(other.sum_ns);
    }

    /// The counts of each bucket (not added up) that ends at `bounds`, times `unit_ns`, and of the one above them all. The bounds must
    /// be among those that were counted by.
    pub(crate) fn buckets(&self, boundaries: &Boundaries, bounds: &[f64], unit_ns: f64) -> Vec<u64> {
        let mut buckets = vec![0; bounds.len() + 1];
        let ends: Vec<u64> = bounds.iter().map(|bound| (bound * unit_ns).round() as u64).collect();
        for (index, cell) in self.cells.iter().enumerate() {
            let bucket = match boundaries.cells_ns.get(index) {
                Some(end) => ends.partition_point(|bound| bound < end),
                None => ends.len(),
            };
            buckets[bucket] += cell;
        }
        buckets
    }

    /// The sum of all values in a unit.
    pub(crate) fn sum(&self, unit_ns: f64) -> f64 {
        self.sum_ns as f64 / unit_ns
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| *cell == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{QUERIES, REQUESTS};
    use proptest::prelude::*;

    fn naive(values: &[u64], bounds: &[f64], unit_ns: f64) -> Vec<u64> {
        let mut buckets = vec![0; bounds.len() + 1];
        for value in values {
            let bucket = bounds.iter().position(|bound| *value as f64 <= bound * unit_ns);
            buckets[bucket.unwrap_or(bounds.len())] += 1;
        }
        buckets
    }

    /// Values around the boundaries, where mistakes are.
    fn value() -> impl Strategy<Value = u64> {
        let ends: Vec<u64> = REQUESTS.cells_ns.iter().chain(QUERIES.cells_ns).copied().collect();
        prop_oneof![
            0..20_000_000_000_u64,
            (prop::sample::select(ends), -1..=1_i64).prop_map(|(end, off)| end.saturating_add_signed(off)),
        ]
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_count(values in prop::collection::vec(value(), 0..200), split in 0..200_usize) {
            for boundaries in [&REQUESTS, &QUERIES] {
                let (first, second) = values.split_at(split.min(values.len()));
                let histogram = Histogram::new(boundaries);
                let another = Histogram::new(boundaries);
                // Two threads, so that more than one copy is used where there is more than one.
                std::thread::scope(|scope| {
                    scope.spawn(|| first.iter().for_each(|ns| histogram.record(Duration::from_nanos(*ns))));
                    scope.spawn(|| second.iter().for_each(|ns| another.record(Duration::from_nanos(*ns))));
                });
                let mut counts = histogram.counts();
                counts.add(&another.counts());
                for (bounds, unit_ns) in [(boundaries.story_ms, 1e6), (boundaries.opentelemetry_s, 1e9)] {
                    prop_assert_eq!(counts.buckets(boundaries, bounds, unit_ns), naive(&values, bounds, unit_ns));
                }
                prop_assert_eq!(counts.sum(1.0), values.iter().sum::<u64>() as f64);
                prop_assert_eq!(counts.is_empty(), values.is_empty());
            }
        }
    }

    #[test]
    fn what_a_share_did_not_exceed() {
        let histogram = Histogram::new(&QUERIES);
        assert_eq!(histogram.at_most(0.99), None);
        (0..98).for_each(|_| histogram.record(Duration::from_micros(300)));
        assert_eq!(histogram.at_most(0.99), Some(Duration::from_millis(1)));
        histogram.record(Duration::from_millis(40));
        histogram.record(Duration::from_mins(1));
        assert_eq!(histogram.at_most(0.98), Some(Duration::from_millis(1)));
        assert_eq!(histogram.at_most(0.99), Some(Duration::from_millis(50)));
        assert_eq!(histogram.at_most(1.0), None, "longer than any cell");
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        let histogram = Histogram::new(&REQUESTS);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.record(Duration::from_millis(7))));
            }
        });
        let counts = histogram.counts();
        assert_eq!(counts.buckets(&REQUESTS, &[10.0], 1e6), [40_000, 0]);
        assert_eq!(counts.sum(1e6), 280_000.0);
    }
}
