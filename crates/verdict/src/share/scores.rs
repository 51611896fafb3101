//! How the latencies of a run's seconds lie among all of them: what shows that seconds resemble each other.
//!
//! A run with few values beyond a limit says nothing of how such values cluster, but its latencies do. Each second has
//! a score: the mean normal score of its latencies, Φ⁻¹ of a value's mid-rank among all of the run's (van der Waerden,
//! 1952). Ranks do not care what shape the latencies have, so a few that took a minute do not outweigh the rest, and
//! scores of independent values have a known variance.
//!
//! Ranks need all values, and those come by the second, so what is kept is counts in buckets of 2.2 %, for some hundred
//! stretches of the run: a long one is kept in stretches of several seconds, so that what is kept of it does not grow.

use loadline_measure::{Trend, bucket_index};

use super::constants::FEWEST_SECONDS;
use crate::stats::{Level, levels, normal_quantile};

/// Buckets of a trend in one of these, as a power of two: 32 to the doubling remain.
const COARSER: u32 = 3;
/// Below all buckets of values above 0.
const NOTHING: i32 = -(1 << 16);
/// Stretches at the most; beyond it two become one.
pub(super) const MOST_STRETCHES: usize = 300;
/// Counts that are kept before equal ones are put together.
const ROOM: usize = 1 << 14;

/// Gathers the latencies of a run, second by second.
#[derive(Debug, Clone)]
pub struct Scores {
    counts: Vec<Count>,
    /// How many counts are kept before equal ones are put together.
    room: usize,
    /// Seconds in a stretch.
    width: u64,
    first: u64,
}

/// So many values of a stretch are in a bucket.
#[derive(Debug, Clone, Copy)]
struct Count {
    stretch: u32,
    bucket: i32,
    values: u32,
}

/// What the latencies of a run say of how its seconds resemble each other.
#[derive(Debug, Clone)]
pub struct Resemblance {
    /// None when the seconds are too few to show any.
    pub(super) levels: Vec<Level>,
    /// Seconds in a stretch, which the levels stay by.
    pub(super) width: usize,
}

impl Default for Scores {
    fn default() -> Self {
        Self { counts: Vec::new(), room: ROOM, width: 1, first: 0 }
    }
}

impl Scores {
    /// Adds the latencies of one series in a second. Seconds ascend, and several series may have the same one.
    pub fn add(&mut self, second: u64, trend: &Trend) {
        if trend.count() == 0 {
            return;
        }
        if self.counts.is_empty() {
            self.first = second;
        }
        while self.stretch(second) >= MOST_STRETCHES as u64 {
            self.width = self.width.saturating_mul(2);
            self.counts.iter_mut().for_each(|count| count.stretch /= 2);
            self.put_together();
        }
        let stretch = self.stretch(second) as u32;
        if let Some(values) = trend.raw() {
            for value in values {
                self.count(stretch, bucket(*value), 1);
            }
        } else {
            trend.histogram().values().for_each(|(value, count)| self.count(stretch, bucket(value), count));
        }
        if self.counts.len() >= self.room {
            self.put_together();
            self.room = (2 * self.counts.len()).max(ROOM);
        }
    }

    fn stretch(&self, second: u64) -> u64 {
        second.saturating_sub(self.first) / self.width
    }

    /// Values ascend within a trend, so the last count is mostly the one.
    fn count(&mut self, stretch: u32, bucket: i32, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.counts.last_mut() {
            Some(last) if last.stretch == stretch && last.bucket == bucket => {
                last.values = last.values.saturating_add(count);
            }
            _ => self.counts.push(Count { stretch, bucket, values: count }),
        }
    }

    /// Counts of the same stretch and bucket become one.
    fn put_together(&mut self) {
        self.counts.sort_unstable_by_key(|count| (count.stretch, count.bucket));
        self.counts.dedup_by(|next, kept| {
            let same = next.stretch == kept.stretch && next.bucket == kept.bucket;
            if same {
                kept.values = kept.values.saturating_add(next.values);
            }
            same
        });
    }

    /// What they say; `None` without values.
    pub fn resemblance(&self) -> Option<Resemblance> {
        let (averages, counts) = self.averages()?;
        if averages.len() < FEWEST_SECONDS {
            return Some(Resemblance { levels: Vec::new(), width: self.width as usize });
        }
        Some(Resemblance { levels: levels(&averages, &counts), width: self.width as usize })
    }

    /// For each stretch with values its mean score, and how many values it has. Scores have the variance 1; the score
    /// of values that are all the same is 0.
    fn averages(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let lowest = self.counts.iter().map(|count| count.bucket).filter(|bucket| *bucket != NOTHING).min();
        let lowest = lowest.unwrap_or_default();
        let place = |bucket: i32| if bucket == NOTHING { 0 } else { (bucket - lowest + 1) as usize };
        // By the place of a bucket how many values it has, and then their score.
        let mut buckets: Vec<f64> = Vec::new();
        for count in &self.counts {
            let place = place(count.bucket);
            if place >= buckets.len() {
                buckets.resize(place + 1, 0.0);
            }
            buckets[place] += f64::from(count.values);
        }
        let total: f64 = buckets.iter().sum();
        let (mut below, mut squares) = (0.0, 0.0);
        for bucket in buckets.iter_mut().filter(|count| **count > 0.0) {
            let count = *bucket;
            *bucket = normal_quantile((below + count / 2.0) / total);
            below += count;
            squares += count * *bucket * *bucket;
        }
        let spread = (squares / total).sqrt();
        let scale = if spread > 0.0 { 1.0 / spread } else { 0.0 };
        let stretches = self.counts.iter().map(|count| count.stretch).max()? as usize + 1;
        let mut sums = vec![(0.0, 0.0); stretches];
        for count in &self.counts {
            let (score, values) = &mut sums[count.stretch as usize];
            *score += f64::from(count.values) * buckets[place(count.bucket)];
            *values += f64::from(count.values);
        }
        sums.retain(|(_, values)| *values > 0.0);
        Some(sums.into_iter().map(|(score, values)| (score / values * scale, values)).unzip())
    }
}

fn bucket(value: f64) -> i32 {
    if value > 0.0 { bucket_index(value) >> COARSER } else { NOTHING }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slow_second_scores_high() {
        let mut scores = Scores::default();
        assert!(scores.resemblance().is_none());
        scores.add(7, &Trend::of(&[10.0, 20.0], &[]));
        scores.add(7, &Trend::of(&[30.0], &[]));
        scores.add(8, &Trend::default());
        scores.add(9, &Trend::of(&[40.0, 50.0, 60.0], &[]));
        let (averages, counts) = scores.averages().unwrap();
        assert_eq!(counts, [3.0, 3.0]);
        // scipy 1.17.1: norm.ppf((arange(6) + .5) / 6), by their root mean square: the mean of the last three.
        assert!((averages[1] - 0.843_115_239_372_85).abs() < 1e-6, "{averages:?}");
        assert!((averages[0] + averages[1]).abs() < 1e-12);
    }

    #[test]
    fn latencies_that_are_all_the_same_say_nothing() {
        let mut scores = Scores::default();
        (0..30).for_each(|second| scores.add(second, &Trend::of(&[0.0, 0.0], &[])));
        assert_eq!(scores.averages().unwrap().0, [0.0; 30]);
        let resemblance = scores.resemblance().unwrap();
        assert!(!resemblance.levels.is_empty());
        assert!(resemblance.levels.iter().all(|level| level.probability.is_finite()));
    }

    #[test]
    fn a_long_run_takes_no_more_room_than_a_short_one() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let trend = Trend::of(&values, &[]);
        let mut scores = Scores::default();
        (0..20_000).for_each(|second| scores.add(second, &trend));
        assert_eq!(scores.width, 128);
        assert!(scores.counts.len() < 2 * MOST_STRETCHES * 200, "{}", scores.counts.len());
        let (averages, counts) = scores.averages().unwrap();
        assert_eq!(counts.iter().sum::<f64>(), 4e6);
        assert!(averages.iter().all(|average| (average - averages[0]).abs() < 1e-9));
        // A clock that jumps is no work.
        scores.add(1 << 60, &trend);
        assert_eq!(scores.averages().unwrap().0.len(), 2);
    }

    proptest! {
        #[test]
        fn raw_values_and_buckets_score_alike(
            seconds in prop::collection::vec(prop::collection::vec(0.5..5000.0_f64, 1..20), 2..20),
        ) {
            let (mut whole, mut parts) = (Scores::default(), Scores::default());
            for (second, values) in seconds.iter().enumerate() {
                whole.add(second as u64, &Trend::of(values, &[]));
                for value in values {
                    parts.add(second as u64, &Trend::of(&[*value], &[]));
                }
            }
            let ((whole, _), (parts, counts)) = (whole.averages().unwrap(), parts.averages().unwrap());
            for (left, right) in whole.iter().zip(&parts) {
                prop_assert!((left - right).abs() < 1e-9);
            }
            // Scores of all values have the mean 0.
            let sum: f64 = parts.iter().zip(&counts).map(|(average, count)| average * count).sum();
            prop_assert!(sum.abs() < 0.2 * counts.iter().sum::<f64>());
        }
    }
}
