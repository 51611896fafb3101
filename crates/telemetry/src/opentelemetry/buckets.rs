//! Distributions as exponential histograms.
//!
//! At scale 8 OpenTelemetry's bucket `i` is ours, `(2^(i/256), 2^((i+1)/256)]`. A message has a number for each bucket
//! from the lowest to the highest, empty ones too, so a distribution that is wide has its buckets put together by twos
//! until there are few enough, and says so by its scale: one whose largest value is 16 times the smallest keeps scale
//! 8, 256 times scale 7. A quantile is off by at most the width of a bucket, 0.272 % at scale 8 and twice that at each
//! step below.

use loadline_measure::Buckets;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point as proto;

/// Scale of the buckets as they are measured.
pub(super) const FINEST: i32 = 8;
/// Buckets of one sign that a message may have, empty ones counted.
const MOST: i64 = 1_025;

/// The finest scale at which the buckets of both signs are few enough.
pub(super) fn scale(positive: &Buckets, negative: &Buckets) -> i32 {
    let mut scale = FINEST;
    while [positive, negative].into_iter().any(|buckets| width(buckets, scale) > MOST) {
        scale -= 1;
    }
    scale
}

/// The buckets at a scale that is not above the finest.
pub(super) fn buckets(buckets: &Buckets, scale: i32) -> proto::Buckets {
    let Some((first, _)) = buckets.iter().next() else { return proto::Buckets::default() };
    let offset = at(first, scale);
    let mut bucket_counts = vec![0; width(buckets, scale) as usize];
    for (index, count) in buckets.iter() {
        bucket_counts[(at(index, scale) - offset) as usize] += count;
    }
    proto::Buckets { offset, bucket_counts }
}

/// From the lowest to the highest.
fn width(buckets: &Buckets, scale: i32) -> i64 {
    let mut all = buckets.iter();
    let Some((first, _)) = all.next() else { return 0 };
    let last = all.next_back().map_or(first, |(last, _)| last);
    i64::from(at(last, scale)) - i64::from(at(first, scale)) + 1
}

/// Where a bucket of the finest scale lies at another.
fn at(index: i32, scale: i32) -> i32 {
    index >> (FINEST - scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_ones_are_put_together() {
        let mut all = Buckets::default();
        all.add(-3, 1);
        all.add(-1, 2);
        all.add(1021, 4);
        let none = Buckets::default();
        assert_eq!(scale(&all, &none), 8);
        all.add(1022, 8);
        assert_eq!((scale(&all, &none), scale(&none, &none)), (7, 8));
        let half = buckets(&all, 7);
        assert_eq!((half.offset, half.bucket_counts[0], half.bucket_counts[1]), (-2, 1, 2));
        assert_eq!((half.bucket_counts[512], half.bucket_counts[513]), (4, 8));
        assert_eq!(buckets(&none, 8), proto::Buckets::default());
    }

    proptest! {
        #[test]
        fn no_count_is_lost(all in prop::collection::btree_map(-300_000i32..300_000, 1u64..1000, 1..50)) {
            let mut ours = Buckets::default();
            for (index, count) in &all {
                ours.add(*index, *count);
            }
            let scale = scale(&ours, &Buckets::default());
            let theirs = buckets(&ours, scale);
            prop_assert!(theirs.bucket_counts.len() as i64 <= MOST);
            prop_assert_eq!(theirs.bucket_counts.iter().sum::<u64>(), all.values().sum::<u64>());
            for (index, count) in all {
                let there = theirs.bucket_counts[((index >> (8 - scale)) - theirs.offset) as usize];
                prop_assert!(there >= count);
            }
        }
    }
}
