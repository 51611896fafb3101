//! What the buckets of a classic histogram say of a percentile, or of how many took longer than a limit.
//!
//! Within a bucket requests are taken to be spread evenly, as Prometheus does; what is above all bounds has none.

/// A cumulative histogram: bounds ascending, the last infinite, and the requests up to each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Buckets(Vec<(f64, f64)>);

/// Where a percentile lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum At {
    /// Somewhere within a bucket.
    Within {
        /// The estimate.
        at: f64,
        /// The bounds of the bucket.
        bounds: (f64, f64),
    },
    /// Above this, the highest bound.
    Above(f64),
}

impl Buckets {
    /// Of bounds with the requests up to each, in any order; a bound may come twice, and then adds up.
    pub(super) fn of(mut all: Vec<(f64, f64)>) -> Self {
        all.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut buckets: Vec<(f64, f64)> = Vec::with_capacity(all.len());
        let mut most = 0.0_f64;
        for (bound, count) in all {
            match buckets.last_mut() {
                Some(last) if last.0 == bound => last.1 += count,
                _ => buckets.push((bound, count)),
            }
        }
        // Increases are extrapolated one by one, so that a higher bucket may come out a little lower.
        for bucket in &mut buckets {
            most = most.max(bucket.1);
            bucket.1 = most;
        }
        Self(buckets)
    }

    /// All requests; none where the last bound is missing.
    pub(super) fn total(&self) -> f64 {
        self.0.last().filter(|(bound, _)| bound.is_infinite()).map_or(0.0, |(_, count)| *count)
    }

    /// A percentile, by its share from 0 to 1; none without requests.
    pub(super) fn percentile(&self, share: f64) -> Option<At> {
        let total = self.total();
        if total <= 0.0 {
            return None;
        }
        let wanted = share * total;
        let place = self.0.iter().position(|(_, count)| *count >= wanted && *count > 0.0)?;
        let (high, upto) = self.0[place];
        let (low, before) = place.checked_sub(1).map_or((0.0, 0.0), |place| self.0[place]);
        if high.is_infinite() {
            return Some(At::Above(low));
        }
        let part = ((wanted - before) / (upto - before)).clamp(0.0, 1.0);
        Some(At::Within { at: low + part * (high - low), bounds: (low, high) })
    }

    /// Requests that took longer than a limit, and how many of all may have; none where the limit is above all bounds.
    pub(super) fn over(&self, limit: f64) -> Option<(f64, f64)> {
        let total = self.total();
        let place = self.0.iter().position(|(bound, _)| *bound >= limit * (1.0 - 1e-9))?;
        let (high, upto) = self.0[place];
        if (high - limit).abs() <= 1e-9 * limit {
            return Some((total - upto, 0.0));
        }
        if high.is_infinite() {
            return None;
        }
        let (low, before) = place.checked_sub(1).map_or((0.0, 0.0), |place| self.0[place]);
        let doubt = upto - before;
        let part = (limit - low) / (high - low);
        Some(((total - before - doubt * part).clamp(0.0, total), doubt))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn as_prometheus_has_it() {
        let buckets = Buckets::of(vec![(INF, 100.0), (0.5, 90.0), (0.25, 50.0)]);
        assert_eq!(buckets.percentile(0.5), Some(At::Within { at: 0.25, bounds: (0.0, 0.25) }));
        assert_eq!(buckets.percentile(0.7), Some(At::Within { at: 0.375, bounds: (0.25, 0.5) }));
        assert_eq!(buckets.percentile(0.95), Some(At::Above(0.5)));
        assert_eq!((buckets.over(0.5), buckets.over(0.375)), (Some((10.0, 0.0)), Some((30.0, 40.0))));
        assert_eq!(buckets.over(2.0), None);
        assert_eq!(Buckets::default().percentile(0.5), None);
        assert_eq!(Buckets::of(vec![(0.5, 3.0), (0.5, 4.0), (INF, 9.0)]).over(0.5), Some((2.0, 0.0)));
    }

    proptest! {
        #[test]
        fn percentiles_and_what_is_over_agree(
            counts in prop::collection::vec(0.0..100.0_f64, 1..12),
            share in 0.01..0.99_f64,
        ) {
            let mut sum = 0.0;
            let mut all: Vec<(f64, f64)> = counts
                .iter()
                .enumerate()
                .map(|(place, count)| {
                    sum += count;
                    (f64::from(1u32 << place), sum)
                })
                .collect();
            all.push((INF, sum));
            let buckets = Buckets::of(all);
            if let Some(At::Within { at, bounds: (low, high) }) = buckets.percentile(share) {
                prop_assert!(low <= at && at <= high);
                let (over, doubt) = buckets.over(at).unwrap();
                let wanted = (1.0 - share) * sum;
                prop_assert!((over - wanted).abs() <= doubt.max(1e-6 * sum), "{over} {wanted} {doubt}");
            }
        }
    }
}
