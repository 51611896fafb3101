//! A load that goes up and comes down: quiet, a ramp, a while at the top, down, and quiet again for a while.

use std::time::Duration;

use super::pace::Pace;
use crate::traffic::{Profile, TrafficError};

/// How long at most a request waits, by chance, after it was due: starts at an even rate, each put off by as much as it
/// pleases within this time, come as users do who know nothing of each other.
pub const SPREAD: Duration = Duration::from_secs(1);
/// Shares of the whole: quiet, up, at the top, down, quiet.
const SHARES: [f64; 5] = [0.1, 0.25, 0.25, 0.1, 0.3];
/// In how many parts the spread is integrated.
const PARTS: usize = 16;

/// Requests per second that go up and come down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// At the beginning and at the end, per second.
    pub low_per_s: f64,
    /// At the top, per second.
    pub peak_per_s: f64,
    /// All of it.
    pub length: Duration,
}

impl Load {
    /// Its stages: how long each is, in whole milliseconds as people write them, and the rate at its end, requests per
    /// second. Together they are as long as all of it.
    pub fn stages(&self) -> [(Duration, f64); 5] {
        let rates = [self.low_per_s, self.peak_per_s, self.peak_per_s, self.low_per_s, self.low_per_s];
        let (mut share, mut from) = (0.0, Duration::ZERO);
        std::array::from_fn(|index| {
            share += SHARES[index];
            let whole_ms = (self.length.as_secs_f64() * share * 1000.0).round() as u64;
            let to = if index == 4 { self.length } else { Duration::from_millis(whole_ms) };
            let stage = (to.saturating_sub(from), rates[index]);
            from = to;
            stage
        })
    }

    /// How many requests are due per second, so long after the start; before it and after the end as at these.
    pub fn due_per_s(&self, at_s: f64) -> f64 {
        let (mut from_s, mut from) = (0.0, self.low_per_s);
        for (length, to) in self.stages() {
            let length_s = length.as_secs_f64();
            if at_s < from_s + length_s {
                let share = ((at_s - from_s) / length_s).max(0.0);
                return from + (to - from) * share;
            }
            (from_s, from) = (from_s + length_s, to);
        }
        self.low_per_s
    }

    /// What comes of it in the policy's time, each request put off within [`SPREAD`].
    ///
    /// # Errors
    /// Where it is empty or longer than can be simulated.
    pub fn profile(&self, pace: Pace) -> Result<Profile, TrafficError> {
        let seconds = pace.policy_s(self.length).ceil() as usize;
        let spread_s = SPREAD.as_secs_f64();
        let rate = |second: usize| {
            let at_s = pace.by_clock(second as f64 + 0.5).as_secs_f64();
            let put_off = (0..PARTS).map(|part| (part as f64 + 0.5) / PARTS as f64 * spread_s);
            put_off.map(|late_s| self.due_per_s(at_s - late_s)).sum::<f64>() / PARTS as f64 / pace.factor()
        };
        Profile::new(0, (0..seconds).map(rate).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_whole_and_as_long_as_all_of_it() {
        for seconds in 1..200 {
            let load = Load { low_per_s: 1.0, peak_per_s: 2.0, length: Duration::from_secs(seconds) };
            let stages = load.stages();
            assert_eq!(stages.iter().map(|stage| stage.0).sum::<Duration>(), load.length);
            assert!(stages.iter().all(|stage| stage.0.subsec_nanos() % 1_000_000 == 0), "{stages:?}");
        }
        let load = Load { low_per_s: 1.0, peak_per_s: 2.0, length: Duration::from_secs(40) };
        assert_eq!(load.stages().map(|stage| stage.0.as_secs()), [4, 10, 10, 4, 12]);
    }

    #[test]
    fn it_goes_up_and_comes_down() {
        let load = Load { low_per_s: 40.0, peak_per_s: 240.0, length: Duration::from_secs(100) };
        let at = |second: f64| load.due_per_s(second).round();
        assert_eq!(
            [-1.0, 5.0, 22.5, 40.0, 59.0, 65.0, 71.0, 200.0].map(at),
            [40.0, 40.0, 140.0, 240.0, 240.0, 140.0, 40.0, 40.0]
        );
        let profile = load.profile(Pace::new(20.0).unwrap()).unwrap();
        assert_eq!((profile.seconds(), profile.at(0), profile.at(1000)), (2000, 2.0, 12.0));
        // As many requests as are due, whatever the pace.
        let due: f64 = (0..10_000).map(|part| load.due_per_s(f64::from(part) / 100.0) / 100.0).sum();
        assert!((profile.requests() / due - 1.0).abs() < 0.01, "{} {due}", profile.requests());
    }
}
