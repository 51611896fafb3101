//! Distributions as native histograms.
//!
//! Ours have the same buckets as Prometheus' schema 8, `2^(1/256)` apart: our bucket `i`, which is `(2^(i/256),
//! 2^((i+1)/256)]`, is Prometheus' bucket `i + 1`, which is named by its upper bound. Nothing is rounded but times,
//! which go from milliseconds to seconds: see `accumulated`. A quantile that Prometheus reads from them is off by at
//! most the width of a bucket, 0.272 %, and of times that were in buckets before by 0.408 %.

use loadline_measure::{Buckets, Histogram};

use super::wire::{self, Span};

/// Buckets in a doubling, as a power of two: `2^8` are those of [`loadline_measure::BUCKETS_PER_DOUBLING`].
const SCHEMA: i32 = 8;
/// Up to this many empty buckets are cheaper said than skipped.
const SAID: i32 = 2;

/// A histogram at a time, with the sum of its values.
pub(super) fn native(histogram: &Histogram, sum: f64, timestamp: i64) -> wire::Histogram {
    let (positive_spans, positive_deltas) = spans(&histogram.positive);
    let (negative_spans, negative_deltas) = spans(&histogram.negative);
    wire::Histogram {
        count_int: Some(histogram.count()),
        sum,
        schema: SCHEMA,
        zero_threshold: 0.0,
        zero_count_int: Some(histogram.zero),
        negative_spans,
        negative_deltas,
        positive_spans,
        positive_deltas,
        timestamp,
    }
}

/// Spans of buckets, and each count as what it differs by from the one before.
fn spans(buckets: &Buckets) -> (Vec<Span>, Vec<i64>) {
    let mut spans: Vec<Span> = Vec::new();
    let mut deltas = Vec::with_capacity(buckets.iter().len());
    let (mut next, mut before) = (0, 0);
    for (index, count) in buckets.iter() {
        let (index, count) = (index + 1, count as i64);
        let gap = index - next;
        match spans.last_mut() {
            Some(last) if gap <= SAID => {
                for _ in 0..gap {
                    deltas.push(-std::mem::take(&mut before));
                }
                last.length += gap as u32 + 1;
            }
            _ => spans.push(Span { offset: gap, length: 1 }),
        }
        deltas.push(count - before);
        (next, before) = (index + 1, count);
    }
    (spans, deltas)
}

/// The counts of spans by the index of Prometheus' bucket: what a receiver makes of them.
#[cfg(test)]
pub(super) fn counts(spans: &[Span], deltas: &[i64]) -> Vec<(i32, i64)> {
    let mut deltas = deltas.iter();
    let (mut index, mut count) = (0, 0);
    let mut counts = Vec::new();
    for span in spans {
        index += span.offset;
        for _ in 0..span.length {
            count += deltas.next().unwrap();
            counts.push((index, count));
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None);
    counts.retain(|(_, count)| *count != 0);
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_share_a_span_and_small_gaps_are_said() {
        let mut buckets = Buckets::default();
        for (index, count) in [(-3, 2), (-2, 5), (1, 1), (100, 7)] {
            buckets.add(index, count);
        }
        let (spans, deltas) = spans(&buckets);
        assert_eq!(spans, [Span { offset: -2, length: 5 }, Span { offset: 98, length: 1 }]);
        assert_eq!(deltas, [2, 3, -5, 0, 1, 6]);
        assert_eq!(counts(&spans, &deltas), [(-2, 2), (-1, 5), (2, 1), (101, 7)]);
    }

    proptest! {
        #[test]
        fn every_count_is_read_back(all in prop::collection::btree_map(-300i32..300, 1u64..1_000_000, 0..60)) {
            let mut buckets = Buckets::default();
            for (index, count) in &all {
                buckets.add(*index, *count);
            }
            let (spans, deltas) = spans(&buckets);
            let expected: Vec<(i32, i64)> = all.iter().map(|(index, count)| (index + 1, *count as i64)).collect();
            prop_assert_eq!(counts(&spans, &deltas), expected);
            // As Prometheus wants them: none is empty, and none but the first begins where another ends.
            prop_assert!(spans.iter().all(|span| span.length > 0));
            prop_assert!(spans.iter().skip(1).all(|span| span.offset > 0));
        }
    }
}
